"""Assign the roles of a run: which teacher writes which task, which ones vote, and which one
judges.
"""

from factory.core.recipe import Recipe
from factory.generation.judging import Roles, Voter
from factory.generation.llm_judge import LLMJudge
from factory.tasks.build import build_tasks


def roles_of(recipe: Recipe) -> Roles:
    """Return who writes which task, who votes, and who judges."""
    judge, voters = recipe.filters.grounding.judge, recipe.filters.consistency.teachers
    return Roles(
        {t.name: recipe.teacher(t.teacher).name for t in recipe.tasks}
        if len(recipe.asked) > 1
        else {},
        tuple(Voter(name, build_tasks(recipe, recipe.teacher(name))) for name in voters),
        LLMJudge(judge) if judge else None,
    )
