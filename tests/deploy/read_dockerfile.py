"""Reads a Dockerfile with the parser of Docker's own builder, and says what is not as it should be:
an instruction that nobody knows, one stage only, or root at the end."""

import sys

import dockerfile

KNOWN = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}


def faults(path):
    read = [(command.cmd.upper(), command) for command in dockerfile.parse_file(path)]
    for name, command in read:
        if name not in KNOWN:
            yield f"line {command.start_line}: nobody knows `{name}`"
    stages = [command for name, command in read if name == "FROM"]
    if len(stages) < 2:
        yield "what builds is in the image"
    users = [command.value[0] for name, command in read if name == "USER"]
    if not users or users[-1].split(":")[0] in ("0", "root"):
        yield "it runs as root"


found = list(faults(sys.argv[1]))
for fault in found:
    print(f"{sys.argv[1]}: {fault}", file=sys.stderr)
sys.exit(bool(found))
