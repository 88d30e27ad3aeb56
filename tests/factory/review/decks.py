"""A deck of all that is given, as an export freezes it."""

from collections.abc import Sequence

from factory.recipe import Recipe
from factory.review.cards import Deck, deck, freeze, frozen
from factory.review.sampling import Candidate, Wanted, sample
from factory.run import Run


def frozen_deck(run: Run, recipe: Recipe, kept: Sequence[Candidate], rejected: Sequence[Candidate] = ()) -> Deck:
    wanted = Wanted(size=len(kept), within=4, rejected=len(rejected), split=None, seed=0)
    freeze(run, sample(kept, rejected, wanted))
    there = frozen(run)
    assert there
    return deck(run, recipe, *there)
