"""Who does what in a run: the recipe's tasks, its teachers with their prices, and how requests travel to them."""

from factory.core.recipe import Recipe
from factory.generation.judging import Roles, Voter
from factory.generation.llm_judge import Judge
from factory.tasks.build import tasks_of


def roles_of(recipe: Recipe) -> Roles:
    """Who writes which task, who votes, who judges."""
    judge, voters = recipe.filters.grounding.judge, recipe.filters.consistency.teachers
    return Roles(
        {t.name: recipe.teacher(t.teacher).name for t in recipe.tasks} if len(recipe.asked) > 1 else {},
        tuple(Voter(name, tasks_of(recipe, recipe.teacher(name))) for name in voters),
        Judge(judge) if judge else None,
    )
