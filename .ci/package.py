"""Makes the files of a release for one platform, as the registries want them.

Usage: package.py BINARY VERSION PLATFORM SBOM FOLDER

The same input gives the same bytes. The checksums cover every file that a release of this version has
in the folder, so that platforms may be added one after the other. The signature is the publisher's:
gpg --detach-sign terraform-provider-officeless_VERSION_SHA256SUMS, with an RSA key.
"""

import hashlib
import json
import os
import shutil
import sys
import zipfile

NAME = "terraform-provider-officeless"
ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))


def package(binary, version, platform, sbom, folder):
    parts = checked(sbom, version)
    stem = os.path.join(folder, "%s_%s" % (NAME, version))
    os.makedirs(folder, exist_ok=True)
    program = zipfile.ZipInfo("%s_v%s%s" % (NAME, version, ".exe" if platform.startswith("windows") else ""))
    program.compress_type = zipfile.ZIP_DEFLATED
    # A regular file with its executable bit, without which Terraform cannot start it.
    program.create_system = 3
    program.external_attr = 0o100755 << 16
    with zipfile.ZipFile("%s_%s.zip" % (stem, platform), "w") as archive, open(binary, "rb") as file:
        archive.writestr(program, file.read(), compresslevel=9)
    shutil.copyfile(os.path.join(ROOT, "terraform-registry-manifest.json"), stem + "_manifest.json")
    with open("%s_%s.cdx.json" % (stem, platform), "w", newline="\n") as file:
        # Where it was built is nobody's business.
        file.write(parts.replace("file://" + os.path.realpath(ROOT), "file://."))
    sums = stem + "_SHA256SUMS"
    covered = sorted(name for name in os.listdir(folder) if is_covered(name, os.path.basename(stem)))
    with open(sums, "w", newline="\n") as file:
        for name in covered:
            file.write("%s  %s\n" % (sha256(os.path.join(folder, name)), name))
    return covered + [os.path.basename(sums)]


def checked(sbom, version):
    """The text of the SBOM, which must list what this version of the program is made of."""
    with open(sbom) as file:
        text = file.read()
    told = json.loads(text)
    program = told.get("metadata", {}).get("component", {})
    if told.get("bomFormat") != "CycloneDX" or (program.get("name"), program.get("version")) != (NAME, version):
        sys.exit("package.py: %s is no CycloneDX SBOM of %s %s" % (sbom, NAME, version))
    if not told.get("components"):
        sys.exit("package.py: %s lists nothing that %s is made of" % (sbom, NAME))
    return text


def is_covered(name, stem):
    return name.startswith(stem + "_") and name.endswith((".zip", ".json"))


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit("package.py: %s" % __doc__.split("\n")[2])
    for made in package(*sys.argv[1:]):
        print(os.path.join(sys.argv[5], made))
