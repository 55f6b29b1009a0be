"""ECR's API through boto3: signing in, asking about many repositories at once, and errors in our own words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from mirrorgen.errors import ToolFailed, ToolUnusable, UsageError
from mirrorgen.origin import extra_hint
from mirrorgen.tools.crews import Crew

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
    from mypy_boto3_ecr.client import ECRClient

PARALLEL_REQUESTS = 8
"""Far below ECR's quota for ListImages, 50 a second:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""

MAX_BATCH = 100
"""Images in one request: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html"""

_SESSION = "mirrorgen"
"""What CloudTrail calls those who have taken on a role for a run."""
_SIGN_IN = "sign in to AWS first: `aws sts get-caller-identity` must work in this shell"
_Asked = TypeVar("_Asked", bound=Hashable)
_Answer = TypeVar("_Answer")


def new_session(region: str | None) -> boto3.Session:
    """Return a session with the credentials of the environment.

    Args:
        region: AWS region; None takes the one of the environment or the profile.

    Raises:
        ToolUnusable: boto3 is not installed.
        UsageError: there are no credentials, or no region.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise ToolUnusable("boto3 is not installed", hint=extra_hint("aws")) from error
    try:
        session = boto3.Session(region_name=region)
        if session.get_credentials() is None:
            raise UsageError("there are no AWS credentials in the environment", hint=_SIGN_IN)
    except BotoCoreError as error:
        raise UsageError(f"cannot sign in to AWS: {error}", hint=_SIGN_IN) from error
    # The stubs say that there always is a region.
    if not session.region_name:
        hint = "give target.region in the list, or set AWS_REGION"
        raise UsageError("neither the list nor the environment names the AWS region", hint=hint)
    return session


def with_role(session: boto3.Session, role: str) -> boto3.Session:
    """Return a session that has taken on a role, for an hour; its credentials are nowhere but in it.

    An hour is what a role allows at least, and all that one allows to whoever comes with a role already:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html

    Raises:
        UsageError: AWS does not let the credentials take it on.
        ToolFailed: AWS cannot be asked.
    """
    import boto3
    from botocore.exceptions import ClientError

    with asking("AWS for the credentials of a role"):
        try:
            given = session.client("sts", config=_config()).assume_role(RoleArn=role, RoleSessionName=_SESSION)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            hint = "its trust policy must name who you are, and you must be allowed sts:AssumeRole on it"
            raise UsageError(f"{role} cannot be taken on: {error}", hint=hint) from error
    credentials = given["Credentials"]
    return boto3.Session(
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        region_name=session.region_name,
    )


def caller_account(session: boto3.Session) -> str:
    """Return the account that the credentials belong to.

    Raises:
        UsageError: AWS does not accept the credentials.
        ToolFailed: AWS cannot be asked, or is too busy.
    """
    from botocore.exceptions import ClientError

    with asking("AWS whose credentials these are"):
        try:
            account: str = session.client("sts", config=_config()).get_caller_identity()["Account"]
        except ClientError as error:
            # https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= 500 or "Throttling" in error.response["Error"]["Code"]:
                raise
            raise UsageError(f"AWS does not accept the credentials: {error}", hint=_SIGN_IN) from error
    return account


def new_client(session: boto3.Session) -> ECRClient:
    """Return a client for ECR that asks again where it is throttled."""
    return session.client("ecr", config=_config())


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn errors of the AWS SDK into ours.

    Raises:
        ToolFailed: whatever the SDK raised in the block.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    # A parser that gives up is no BotoCoreError: a proxy that asks people to sign in answers with a page.
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise ToolFailed(f"cannot ask {what}: {error}") from error


def is_denied(error: ClientError) -> bool:
    """Whether AWS answered that the credentials do not have the right to ask this."""
    return error.response.get("Error", {}).get("Code") == "AccessDeniedException"


def unless_denied(ask: Callable[[], _Answer]) -> _Answer | None:
    """Ask, and return the answer; None where the credentials do not have the right."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if is_denied(error):
            return None
        raise


def ask_each(names: Iterable[_Asked], ask: Callable[[_Asked], _Answer]) -> Mapping[_Asked, _Answer]:
    """Ask about repositories or images, some at once.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    wanted = list(names)
    with asking("ECR"), Crew() as crew:
        return dict(zip(wanted, crew.pool(PARALLEL_REQUESTS).map(ask, wanted), strict=True))


def _config() -> Config:
    from botocore.config import Config

    return Config(retries={"mode": "adaptive", "max_attempts": 5}, max_pool_connections=PARALLEL_REQUESTS)
