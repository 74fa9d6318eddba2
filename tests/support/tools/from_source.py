"""Builds OpenTofu and Terragrunt with the Go toolchain of the machine, from the pinned modules.

The module's own hash is in the list beside this file; those of its dependencies are in its go.sum,
which Go checks. Nothing else is fetched: not even another toolchain. What was built is kept outside
the checkout, by version and hash, so that a fresh clone links it at once.
"""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile

CACHE = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"),
    "terraform-provider-officeless",
    "tools",
)

# What to build in each module, and what its release build sets.
PACKAGES = {
    "tofu": ("./cmd/tofu", "-s -w -X github.com/opentofu/opentofu/version.dev=no"),
    "terragrunt": (".", "-s -w -X github.com/gruntwork-io/terragrunt/internal/version.Version={version}"),
}


class CannotBuild(Exception):
    """Why this machine cannot build the tool."""


def pin(path):
    """The module, version and hash of a list: one line, after the comments."""
    with open(path) as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    module, version, digest = lines[0]
    return module, version, digest


def built(name, path):
    """The program, built now unless it was before."""
    module, version, digest = pin(path)
    target = os.path.join(CACHE, "%s-%s" % (name, version.lstrip("v")), name)
    if os.path.exists(target):
        return target
    if not shutil.which("go"):
        raise CannotBuild("there is no %s on the PATH, and no Go to build it with" % name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(os.path.join(CACHE, "lock"), "w") as lock:
        # Another checkout may be building the same.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(target):
            build(name, module, version, digest, target)
    return target


def build(name, module, version, digest, target):
    print("building %s %s with %s; this takes some minutes, once" % (name, version, go("version").split()[2]), flush=True)
    answer = json.loads(go("mod", "download", "-json", "%s@%s" % (module, version)))
    if answer["Sum"] != digest:
        raise CannotBuild("%s %s has the hash %s, expected %s" % (module, version, answer["Sum"], digest))
    package, flags = PACKAGES[name]
    with tempfile.TemporaryDirectory() as folder:
        # A module with replacements can only be built as the main module, so in a folder that is its own.
        source = os.path.join(folder, "source")
        shutil.copytree(answer["Dir"], source)
        subprocess.run(["chmod", "-R", "u+w", source], check=True)
        fresh = target + ".new"
        go("build", "-trimpath", "-ldflags", flags.format(version=version), "-o", fresh, package, cwd=source)
    os.replace(fresh, target)


def go(*arguments, cwd=None):
    environment = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=readonly -buildvcs=false", CGO_ENABLED="0")
    done = subprocess.run(
        ("go",) + arguments, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise CannotBuild("go %s failed: %s" % (" ".join(arguments[:2]), " ".join(told[-3:])))
    return done.stdout
