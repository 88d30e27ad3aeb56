"""Upload the Parquet folder to the hub as a dataset repository."""

import os
from pathlib import Path
from typing import Protocol

from factory.core.errors import StoppedEarly, UserMistake


class Api(Protocol):
    """The part of huggingface_hub.HfApi that is used."""

    def create_repo(
        self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool
    ) -> object: ...

    def upload_folder(
        self, *, repo_id: str, folder_path: Path, repo_type: str, commit_message: str
    ) -> object: ...


def push(folder: Path, repo: str | None, private: bool, api: Api | None = None) -> str:
    """Upload the folder and return the repository's address.

    Raises UserMistake if the repository or the key is missing, StoppedEarly if the hub fails.
    """
    if not repo or repo.count("/") != 1 or not all(repo.split("/")):
        raise UserMistake(
            f"{f'--repo {repo}' if repo else '--repo is missing'}; name a dataset repository of "
            "the hub as owner/name"
        )
    api = api or _api()
    from httpx import HTTPError
    from huggingface_hub.errors import HfHubHTTPError

    try:
        api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            repo_type="dataset",
            commit_message="Export of docstill",
        )
    except (HfHubHTTPError, HTTPError, OSError) as error:
        raise StoppedEarly(
            f"{repo}: the upload to the hub failed ({str(error).splitlines()[0][:120]}); run the "
            "same command again"
        ) from error
    return f"https://huggingface.co/datasets/{repo}"


def _api() -> Api:
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise UserMistake("HF_TOKEN is not set; set it to a hub token with write access")
    from huggingface_hub import HfApi

    return HfApi(token=token)
