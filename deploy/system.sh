#!/usr/bin/env bash
# Installs what a Debian machine lacks to run Sokak and its tests without Docker; nothing twice.
set -euo pipefail

lacks=()
has() { command -v "$1" >/dev/null 2>&1; }

python3 -c 'import ensurepip, venv' 2>/dev/null || lacks+=(python3-venv)
has java || lacks+=(default-jdk-headless)
has mvn || lacks+=(maven)
has gcc || lacks+=(gcc)
has g++ || lacks+=(g++)
has make || lacks+=(make)
has cmake || lacks+=(cmake)
has faketime || lacks+=(faketime)
has node || lacks+=(nodejs)
has npm || lacks+=(npm)
has chromium || lacks+=(chromium)
fc-list 2>/dev/null | grep -qi dejavu || lacks+=(fonts-dejavu-core)

if [ ${#lacks[@]} -gt 0 ]; then
    if ! has apt-get || [ "$(id -u)" != 0 ]; then
        echo "This machine lacks: ${lacks[*]} (Debian's names). Install them, or run as root." >&2
        exit 1
    fi
    echo "installing ${lacks[*]} ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${lacks[@]}"
fi

if ! has cargo; then
    echo "Rust 1.95 or later is not here and Debian's is older: https://rustup.rs has it." >&2
    echo "It builds the database of the native stack; with Docker or SOKAK_MONGO it is not needed." >&2
fi
echo "nothing else is lacking"
