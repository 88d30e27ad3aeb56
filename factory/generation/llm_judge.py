"""Check grounding with an LLM: each claim of an answer is put to a judge that sees only the claim's
evidence.
"""

from dataclasses import dataclass

from pydantic import BaseModel

from factory.calls.client import Ask
from factory.core.errors import TeacherFailed
from factory.core.prompts import load_prompt
from factory.core.records import Example, Slot, Verdict
from factory.planning.plan import probe_example
from factory.tasks import JudgeClaim, Task
from factory.teachers import Request

TOKENS = 200


# What a judge says of one claim; its reason comes first, so that the judgement follows from it.
class Finding(BaseModel):
    why: str
    borne_out: bool


@dataclass(frozen=True)
class LLMJudge:
    """A judge by its teacher's name; it may be another teacher than the writer."""

    teacher: str

    async def judge(
        self, example: Example, task: Task, ask: Ask
    ) -> tuple[Example, TeacherFailed | None]:
        """Return the example with the judge's verdict. If the judge did not answer to every claim,
        there is no verdict, and the failure is returned too.
        """
        claims = task.claims(example)
        for number, claim in enumerate(claims):
            try:
                answer = await ask(self._asked(claim))
            except TeacherFailed as error:
                return example, error
            example = example.model_copy(update={"cost": example.cost + answer.cost})
            finding = answer.value
            assert isinstance(finding, Finding)
            if not finding.borne_out:
                reason = (
                    f'The evidence does not bear out "{claim.said[:120]}": '
                    f"{' '.join(finding.why.split())[:200]}"
                )
                return example.judged(self._verdict(example, reason, number / len(claims))), None
        return example.judged(self._verdict(example, "", 1.0)), None

    def requests(self, slot: Slot, task: Task, evidence: str) -> list[Request]:
        """Return the requests that a usual answer may need at most. `evidence` is used for claims
        that quote theirs.
        """
        return [
            self._asked(claim._replace(evidence=claim.evidence or evidence))
            for claim in task.usual_claims(probe_example(slot))
        ]

    def _asked(self, claim: JudgeClaim) -> Request:
        filled = load_prompt("judge").fill(
            evidence=claim.evidence, asked=claim.asked, said=claim.said
        )
        return Request(*filled, Finding, max_tokens=TOKENS, teacher=self.teacher)

    def _verdict(self, example: Example, reason: str, score: float) -> Verdict:
        return Verdict(
            filter="judge",
            passed=not reason,
            reason=reason,
            score=round(score, 3),
            evidence=example.spans,
        )
