"""Prices: US dollars per million tokens, from the recipe or from the snapshot that `genai-prices` brings along; no network."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import cast

from factory.core.recipe import Recipe
from factory.core.settings import PriceSettings, TeacherSettings

PER_MILLION = 1000  # a dollar per million tokens is so many nanodollars per token
BATCH = {"openai": 0.5, "anthropic": 0.5}  # what their batch interfaces ask of the price, by their price lists


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens; `batch` is the share of them that a batch interface asks, `source` whom the price is from."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    batch: float = 1.0
    source: str = "the recipe"

    def nanousd(self, tokens_in: int, tokens_out: int, cache_read: int = 0, cache_write: int = 0, batch: bool = False) -> int:
        """What a reply costs, rounded up to a whole nanodollar. `tokens_in` holds those read from and written to the cache too."""
        counts = (tokens_in - cache_read - cache_write, tokens_out, cache_read, cache_write)
        prices = (self.input, self.output, self.cache_read, self.cache_write)
        dollars = sum((n * _exact(p) for n, p in zip(counts, prices, strict=True)), Decimal())
        share = _exact(self.batch) if batch else Decimal(1)
        return int((dollars * PER_MILLION * share).to_integral_value(ROUND_CEILING))

    @property
    def words(self) -> str:
        """For display."""
        if self == FREE:
            return "free: the teacher runs on this machine"
        return f"${self.input:g} per million tokens in and ${self.output:g} out, by {self.source}"


FREE = Price(0.0, 0.0, 0.0, 0.0, source="this machine")


def price_of(settings: TeacherSettings) -> Price | None:
    """The price of a teacher's tokens; None: unknown. The recipe's own comes first."""
    provider, _, model = settings.model.partition("/")
    if settings.price:
        return _told(settings.price, BATCH.get(provider, 1.0))
    if provider == "local":
        return FREE
    return _listed(provider, model) if provider in BATCH else None


def recipe_price(recipe: Recipe) -> Price | None:
    """The first writer's price; None where that of any teacher that is asked is unknown."""
    prices = [price_of(teacher) for teacher in recipe.asked]
    return None if None in prices else prices[0]


def _told(price: PriceSettings, batch: float) -> Price:
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    return Price(price.input, price.output, read, write, batch if price.batch is None else price.batch)


def _listed(provider: str, model: str) -> Price | None:
    """The snapshot's price for prompts below its first tier, the lowest of which begins at 100,000 tokens: ours are shorter."""
    # Here and not above: it takes a quarter of a second to import, which only priced teachers need wait for.
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    listed = found.get_prices(datetime.now(UTC))
    into, out = _usd(listed.input_mtok), _usd(listed.output_mtok)
    if into is None or out is None:
        return None
    read, write = _usd(listed.cache_read_mtok), _usd(listed.cache_write_mtok)
    source = f"the snapshot of genai-prices {__version__}"
    return Price(into, out, into if read is None else read, into if write is None else write, BATCH[provider], source)


def _usd(price: object) -> float | None:
    """A plain price, or the first step of a tiered one."""
    return None if price is None else float(cast("Decimal", getattr(price, "base", price)))


def _exact(dollars: float) -> Decimal:
    return Decimal(repr(dollars))  # 0.3 as it was written, so that a sum is not rounded up for the float's last digit
