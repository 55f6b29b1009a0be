"""Preparing an account: the plan, exactly that applied, and both states put into the bucket that it has made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.bootstrapping.contents import FOLDER, MAIN, Wanted, module_files, root_files
from mirrorgen.errors import InputError, ToolFailed, UsageError
from mirrorgen.files import read_file, write_files
from mirrorgen.operations.repositories.saved import WorkFolder
from mirrorgen.starting.account import RECORD, Account, parse_account, write_account
from mirrorgen.starting.contents import BACKEND, STATE_KEY, backend
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import outside
from mirrorgen.tools.terraform import Terraform, TerraformPlan
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.terraform_state import migrate_state, read_outputs
from mirrorgen.tools.terraform_targets import backend_of
from mirrorgen.tools.versions import find_tool

_OWN_KEY = "mirrorgen/bootstrap.tfstate"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The root module that prepares an account, beside a list.

    Attributes:
        root: the folder of the list, absolute; there may be no list yet.
        environ: the environment of this process.
        runner: runs Terraform.
        say: told what is going on.
        terraform_bin: path of Terraform given on the command line.
    """

    root: Path
    environ: Mapping[str, str]
    runner: Runner
    say: Callable[[str], None]
    terraform_bin: Path | None = None

    def write(self, wanted: Wanted | None) -> list[str]:
        """Write the root module where there is none, and the modules that it calls.

        Args:
            wanted: what a new root module is to say; None where nobody has said it.

        Returns:
            Names of the files that were written.

        Raises:
            UsageError: there is no root module, and nobody says what it is for; or there is one that says it already.
            InputError: a file cannot be written.
        """
        is_there = read_file(self.root / MAIN, project=self.root) is not None
        if is_there and wanted:
            raise UsageError(f"{self.root / MAIN} is there already", hint="edit it; what it says is what counts")
        if not is_there and not wanted:
            hint = "give --repository OWNER/NAME, the repository on GitHub whose workflows are to sign in"
            raise UsageError(f"there is no {self.root / MAIN}", hint=hint)
        ignored = {f"{FOLDER}/.gitignore": ".terraform/\n*.tfstate\n*.tfstate.*\n"}
        files = {**(root_files(wanted) if wanted else {}), **ignored, **module_files()}
        return write_files(self.root, files)

    def plan(self, *, wait: bool) -> TerraformPlan:
        """Plan, and keep the plan for `apply`.

        Args:
            wait: whether to wait for another run in the folder.

        Raises:
            Occupied: another run works in the folder.
            ToolUnusable, ToolFailed: Terraform cannot do its part.
        """
        terraform, folder = self._terraform(FOLDER), self._work
        with folder.turn("mirrorgen bootstrap", wait=wait, say=self.say):
            folder.discard_plan()
            self.say("terraform init")
            migrate_state(terraform)
            self.say("terraform plan")
            folder.make_room(folder.plan_file)
            return terraform.plan(folder.plan_file)

    def apply(self, *, wait: bool) -> tuple[TerraformPlan, Account]:
        """Apply the plan that was shown, move the states into the bucket, and write down what there is now.

        A run that was cut off goes on where it was: a second one plans nothing, and does the rest.

        Raises:
            InputError: there is no plan.
            Occupied: another run works in the folder.
            ToolUnusable, ToolFailed: Terraform cannot do its part, or the plan is out of date.
        """
        terraform, folder = self._terraform(FOLDER), self._work
        with folder.turn("mirrorgen bootstrap --apply", wait=wait, say=self.say):
            # It has the module in it as it was when it was shown, and Terraform takes it for that state only.
            if not read_file(folder.plan_file, project=self.root):
                raise InputError("there is no saved plan", hint="run `mirrorgen bootstrap` first")
            plan = terraform.show(folder.plan_file)
            try:
                if plan.is_applicable:
                    self.say("terraform apply")
                    terraform.apply(folder.plan_file)
            finally:
                folder.discard_plan()
            account = _account(terraform)
            self.say(f"moving the state of {FOLDER} into {account.state_bucket}")
            texts = {f"{FOLDER}/{BACKEND}": backend(account, _OWN_KEY), RECORD: write_account(account)}
            write_files(self.root, texts)
            migrate_state(terraform)
            self._move_state_of_mirror(account)
        return plan, account

    @property
    def _work(self) -> WorkFolder:
        return WorkFolder(self.root / FOLDER)

    def _move_state_of_mirror(self, account: Account) -> None:
        """A module that has a backend of its own is left alone: somebody has decided already."""
        module = self.root / "terraform"
        if not (module / "main.tf").is_file() or backend_of(module):
            return
        write_files(self.root, {BACKEND: backend(account, STATE_KEY)})
        if not (module / "terraform.tfstate").is_file():
            return
        self.say(f"moving the state of the mirror into {account.state_bucket}")
        try:
            migrate_state(self._terraform("."))
        except BaseException:
            # The next run takes a module with a backend for one whose state is where it belongs.
            write_files(self.root, {BACKEND: None})
            raise

    def _terraform(self, folder: str) -> Terraform:
        """Return Terraform in the module of a folder below the root."""
        env = outside(self.environ, around=self.root)
        tool = find_tool("terraform", self.runner, self.environ, option=self.terraform_bin, around=self.root).usable()
        available = environment("terraform", with_providers(env, around=self.root))
        return Terraform(tool, self.root / folder / "terraform", self.runner, available)


def _account(terraform: Terraform) -> Account:
    outputs = read_outputs(terraform)
    try:
        return parse_account(outputs["account"])
    except KeyError as error:
        hint = f"remove {MAIN} and let `mirrorgen bootstrap` write it anew"
        raise InputError(f"{MAIN} has no output `account`", hint=hint) from error
    except ValueError as error:
        raise ToolFailed(f"the output `account` of {MAIN} is not what it should be: {error}") from error
