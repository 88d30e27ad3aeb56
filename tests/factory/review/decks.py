"""A deck of all that is given, as an export freezes it."""

from collections.abc import Sequence

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.review.cards import Deck, deck, freeze, frozen
from factory.review.sampling import Candidate, Wanted, sample


def frozen_deck(run: Run, recipe: Recipe, kept: Sequence[Candidate], rejected: Sequence[Candidate] = ()) -> Deck:
    wanted = Wanted(size=len(kept), within=4, rejected=len(rejected), split=None, seed=0)
    freeze(run, sample(kept, rejected, wanted))
    there = frozen(run)
    assert there
    return deck(run, recipe, *there)
