"""Terms: by what a recipe's answers are scored, its tasks with the comparison that the vote uses for each."""

from factory.core.recipe import Recipe
from factory.evaluation.metric_column import Marking, Terms
from factory.tasks.build import tasks_of
from filters.consistency.vote import agree


def terms_of(recipe: Recipe, against: str = "base") -> Terms:
    """Of a conversation the last answer is compared, by the last question."""
    tasks = tasks_of(recipe)
    same = {one.name: (agree if one.kind == "conversation" else tasks[one.name].agree) for one in recipe.tasks}
    marked = {one.name: Marking(one, same[one.name] if tasks[one.name].votes else None) for one in recipe.tasks}
    return Terms(recipe.evaluate.metrics, recipe.seed, against, marked, recipe.evaluate.threshold, recipe.train.curve)
