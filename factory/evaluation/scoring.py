"""Build the scoring terms of a recipe; each task compares answers as its vote does."""

from factory.core.recipe import Recipe
from factory.evaluation.metric_column import ScoringTerms, TaskScoring
from factory.tasks.build import build_tasks
from filters.consistency.vote import agree


def scoring_terms(recipe: Recipe, against: str = "base") -> ScoringTerms:
    """Return the scoring terms. For a conversation, only the last answer is compared."""
    tasks = build_tasks(recipe)
    same = {
        one.name: (agree if one.kind == "conversation" else tasks[one.name].agree)
        for one in recipe.tasks
    }
    marked = {
        one.name: TaskScoring(one, same[one.name] if tasks[one.name].votes else None)
        for one in recipe.tasks
    }
    return ScoringTerms(
        recipe.evaluate.metrics,
        recipe.seed,
        against,
        marked,
        recipe.evaluate.threshold,
        recipe.train.curve,
    )
