#!/bin/sh
# Install the programs that mcuprune calls and this machine lacks: cross compiler, emulator, host compiler.
# Quick when nothing is missing.  Uses apt where there is one; elsewhere says what to install.
set -eu

missing=""
need() { # program package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc gcc
need make make
need cmake cmake
need qemu-system-arm qemu-system-arm
need arm-none-eabi-gcc gcc-arm-none-eabi
if ! command -v arm-none-eabi-gcc >/dev/null 2>&1 ||
    [ "$(arm-none-eabi-gcc -print-file-name=nano.specs)" = nano.specs ]; then
    missing="$missing libnewlib-arm-none-eabi"
fi
if ! printf '#include <stdio.h>\n' | cc -E - >/dev/null 2>&1; then
    missing="$missing libc6-dev"
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing" >&2
    echo "There is no apt-get here.  On macOS:" >&2
    echo "    brew install qemu cmake && brew install --cask gcc-arm-embedded && xcode-select --install" >&2
    echo "elsewhere, install the Arm GNU toolchain with newlib, qemu-system-arm, cmake and a C compiler." >&2
    exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "run as root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
