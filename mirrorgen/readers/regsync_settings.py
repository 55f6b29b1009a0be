"""What a step of regsync.yaml, or the defaults of all steps, says of how images are copied."""

from __future__ import annotations

import re

from mirrorgen.model.images import Copying
from mirrorgen.readers.copies import Copies
from mirrorgen.readers.fields import Fields, Unfit

_MEDIA_TYPES = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    }
)
"""What regsync copies where nothing is said; images of other types are passed over in silence."""

_KNOWN = frozenset(
    {"source", "target", "type", "tags", "tagSets", "repos", "digestTags", "referrers", "referrerFilters"}
    | {"referrerSource", "referrerTarget", "referrerSlow", "platform", "platforms", "fastCheck", "forceRecursive"}
    | {"includeExternal", "backup", "interval", "schedule", "ratelimit", "mediaTypes", "hooks"}
)
_OF_ALL = frozenset({"parallel", "blobLimit", "cacheCount", "cacheTime", "skipDockerConfig", "userAgent"})
_OF_TAGS = frozenset({"allow", "deny", "semverRange"})
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")
_NO_SUCH = "a list has no such setting"
_NOTES = {
    "interval": "a list does not say when it is copied",
    "schedule": "a list does not say when it is copied",
    "hooks": "no program is run for an image",
    "fastCheck": "what is looked at is not for a list to say",
    "forceRecursive": "what is looked at is not for a list to say",
    **dict.fromkeys(_OF_ALL, _NO_SUCH),
}


def say_what_is_left(fields: Fields, copies: Copies, *, are_defaults: bool = False) -> None:
    """Say what a step, or the defaults, have beside what is kept."""
    known = _KNOWN | _OF_ALL if are_defaults else _KNOWN
    for key, value in fields.data.items():
        if key not in known:
            copies.note(fields.document, (*fields.path, key), "regsync does not know it")
        elif key in _NOTES and value:
            copies.note(fields.document, (*fields.path, key), _NOTES[key])
        elif key == "backup" and value:
            hint = "ECR keeps it without a tag, for as long as the lifecycle of its repository says"
            copies.refuse(
                "", fields.place(key), fields.shown(key), "a list keeps nothing that a tag has named before", hint
            )
    tag_sets = [fields.of(item, path) for item, path in fields.items("tagSets")]
    for tag_set in (fields.child("tags"), *tag_sets):
        copies.say_unknown(tag_set, _OF_TAGS, "regsync")


class Settings:
    """The settings of one step; those it does not have are the defaults'."""

    def __init__(self, step: Fields, defaults: Fields) -> None:
        self._step = step
        self._defaults = defaults

    def copying(self) -> Copying:
        """Return what is copied of each image.

        Raises:
            Unfit: it is more or less than a list can say.
        """
        self._refuse_parts()
        types = self._owner("mediaTypes", is_list=True)
        asked = {text for text, _ in types.strings("mediaTypes")}
        if asked and asked != _MEDIA_TYPES:
            raise Unfit("it copies other media types than those of images", (*types.path, "mediaTypes"), "leave it out")
        if self._flag("includeExternal"):
            external = self._owner("includeExternal")
            raise Unfit("it copies layers that are elsewhere, too", (*external.path, "includeExternal"), "leave it out")
        referrers = self._flag("referrers")
        for key in ("referrerFilters", "referrerSource", "referrerTarget") if referrers else ():
            fields = self._owner(key, is_list=key == "referrerFilters")
            if fields.data.get(key):
                raise Unfit("a list copies all that refers to an image, or nothing of it", (*fields.path, key))
        return Copying(self._platform(), referrers, self._flag("digestTags"))

    def rate_limit(self) -> tuple[int, str]:
        """Return fewer pulls than how many are waited for, and how long; 0 for no limit."""
        limits = [fields.child("ratelimit") for fields in (self._step, self._defaults)]
        least = next((text for limit in limits if (text := limit.string("min")) not in {"", "0"}), "0")
        retry = next((text for limit in limits if (text := limit.string("retry"))), "5m")
        return (int(least) if least.isascii() and least.isdigit() else 0), retry

    def _platform(self) -> str | None:
        platform = self._step.string("platform").lower()
        if not platform:
            return None
        if not _PLATFORM.fullmatch(platform):
            reason = f"{platform!r} is not one platform that is written in full"
            raise Unfit(reason, (*self._step.path, "platform"), "write linux/amd64, or the like")
        return platform

    def _refuse_parts(self) -> None:
        """An index with some of its platforms is what ECR refuses."""
        if self._step.strings("platforms"):
            reason = "it copies an index with some of its platforms, which a list does not"
            raise Unfit(reason, (*self._step.path, "platforms"), "write `platform:` for one, or leave it out for all")

    def _flag(self, key: str) -> bool:
        return bool(self._owner(key).flag(key))

    def _owner(self, key: str, *, is_list: bool = False) -> Fields:
        """Who decides a setting: the step, unless it says nothing; an empty list says nothing, too."""
        is_said = bool(self._step.data.get(key)) if is_list else self._step.has(key)
        return self._step if is_said else self._defaults
