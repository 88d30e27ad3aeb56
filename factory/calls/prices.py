"""Token prices in US dollars per million, from the recipe or genai-prices' bundled snapshot."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import cast

from factory.core.recipe import Recipe
from factory.core.settings import PriceSettings, TeacherSettings

PER_MILLION = 1000  # nanodollars per token, at a dollar per million tokens
# The share of the price that their batch interfaces charge, by their price lists.
BATCH_SHARE = {"openai": 0.5, "anthropic": 0.5}


@dataclass(frozen=True)
class Price:
    """Prices in US dollars per million tokens.

    `batch` is the share of them that a batch interface charges, `source` where the price is from.
    """

    input: float
    output: float
    cache_read: float
    cache_write: float
    batch: float = 1.0
    source: str = "the recipe"

    def nanousd(
        self,
        tokens_in: int,
        tokens_out: int,
        cache_read: int = 0,
        cache_write: int = 0,
        batch: bool = False,
    ) -> int:
        """Return the cost of a reply, rounded up to a whole nanodollar.

        `tokens_in` includes the tokens read from and written to the cache.
        """
        counts = (tokens_in - cache_read - cache_write, tokens_out, cache_read, cache_write)
        prices = (self.input, self.output, self.cache_read, self.cache_write)
        dollars = sum((n * _exact(p) for n, p in zip(counts, prices, strict=True)), Decimal())
        share = _exact(self.batch) if batch else Decimal(1)
        return int((dollars * PER_MILLION * share).to_integral_value(ROUND_CEILING))

    @property
    def words(self) -> str:
        """The price as a phrase for display."""
        if self == FREE:
            return "free: the teacher runs on this machine"
        return f"${self.input:g} per million tokens in and ${self.output:g} out, by {self.source}"


FREE = Price(0.0, 0.0, 0.0, 0.0, source="this machine")


def price_of(settings: TeacherSettings) -> Price | None:
    """Return the price of a teacher's tokens, None if unknown; the recipe's own comes first."""
    provider, _, model = settings.model.partition("/")
    if settings.price:
        return _told(settings.price, BATCH_SHARE.get(provider, 1.0))
    if provider == "local":
        return FREE
    return _listed(provider, model) if provider in BATCH_SHARE else None


def recipe_price(recipe: Recipe) -> Price | None:
    """Return the price of the first writer, None if that of any teacher in use is unknown."""
    prices = [price_of(teacher) for teacher in recipe.asked]
    return None if None in prices else prices[0]


def _told(price: PriceSettings, batch: float) -> Price:
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    return Price(
        price.input, price.output, read, write, batch if price.batch is None else price.batch
    )


def _listed(provider: str, model: str) -> Price | None:
    """Return the snapshot's price of the first tier.

    The lowest second tier begins at 100,000 tokens, and our prompts are shorter.
    """
    # Imported here since it takes a quarter of a second, for which only priced teachers must wait.
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
    return Price(
        into,
        out,
        into if read is None else read,
        into if write is None else write,
        BATCH_SHARE[provider],
        source,
    )


def _usd(price: object) -> float | None:
    """Return a plain price, or the first step of a tiered one."""
    return None if price is None else float(cast("Decimal", getattr(price, "base", price)))


def _exact(dollars: float) -> Decimal:
    # 0.3 as it was written, so that a sum is not rounded up for the float's last digit
    return Decimal(repr(dollars))
