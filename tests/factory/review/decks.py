"""A deck of all that is given, as an export freezes it."""

from collections.abc import Sequence

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.review.cards import ReviewDeck, build_deck, read_sample, save_sample
from factory.review.sampling import Candidate, SampleSettings, draw_sample


def frozen_deck(
    run: Run, recipe: Recipe, kept: Sequence[Candidate], rejected: Sequence[Candidate] = ()
) -> ReviewDeck:
    wanted = SampleSettings(size=len(kept), within=4, rejected=len(rejected), split=None, seed=0)
    save_sample(run, draw_sample(kept, rejected, wanted))
    there = read_sample(run)
    assert there
    return build_deck(run, recipe, *there)
