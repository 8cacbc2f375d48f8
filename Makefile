# Everything runs out of .venv; system packages are installed when one is missing (root only).
PY = .venv/bin/python
APT = iproute2 nftables iputils-ping procps python3-venv
# Program:package of what only tests need.
TOOLS = mmdebstrap:mmdebstrap systemd-nspawn:systemd-container npm:npm openssl:openssl postfix:postfix \
  faketime:faketime nginx:nginx-light unbound:unbound dnsmasq:dnsmasq-base
SETUP = .venv/.ready

.PHONY: demo test run venv check deb man vendor bench translations clean
.DEFAULT_GOAL := demo

demo: $(SETUP)
	@$(PY) -m tests.demo

test: $(SETUP) check
	@tests/support/install_tools.sh $(TOOLS)
	$(PY) -m pytest -m alone
	$(PY) -m pytest -m "not alone" -n 8 --dist loadgroup

check: $(SETUP)
	.venv/bin/ruff check src tests benchmarks
	.venv/bin/ruff format --check src tests benchmarks
	.venv/bin/mypy
	.venv/bin/lint-imports

run: $(SETUP)
	@mkdir -p var
	@echo "In another terminal: .venv/bin/pingmonctl --server_address unix:$(CURDIR)/var/pingmon.sock status"
	.venv/bin/pingmond --socket var/pingmon.sock --state-dir var

venv: $(SETUP)

$(SETUP): setup.cfg pyproject.toml
	@for program in ip nft ping ps; do command -v $$program >/dev/null || missing=yes; done; \
	python3 -c 'import ensurepip' 2>/dev/null || missing=yes; \
	if [ -n "$$missing" ]; then echo "Installing system packages: $(APT)"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get -qq update && apt-get -qq -y install $(APT) >/dev/null; fi
	@echo "Building the environment in .venv (about half a minute) …"
	@python3 -m venv .venv
	@.venv/bin/pip --quiet --disable-pip-version-check install -e '.[dev,bench,http,dns,apprise]'
	@touch $@

# Three to four hours, on a quiet machine. BENCH=--quick tries that all of it works and writes nothing;
# BENCH="api truth" measures two of its parts.
bench: $(SETUP)
	@failed=0; $(PY) -m benchmarks $(BENCH) || failed=1; \
	if [ -z "$(BENCH)" ]; then $(PY) -m benchmarks.detection || failed=1; \
	  PINGMON_CRASH_ROUNDS=10000 $(PY) -m pytest -s tests/end_to_end/test_delivery.py -k killed || failed=1; fi; \
	exit $$failed

translations: $(SETUP)
	.venv/bin/pybabel -q compile -d src/pingmon/notify/locale -D pingmon

clean:
	rm -rf .venv build dist var src/*.egg-info

# The manual without the package. man(1) wants a folder for each section.
man: $(SETUP)
	@rm -rf build/man && mkdir -p build/man/man1 build/man/man5 build/man/man7 build/man/man8
	@debian/vendor/unpack.sh debian/vendor/tools build/man/tools
	@PYTHONPATH=build/man/tools man/build.sh $(CURDIR)/$(PY) build/man "$$(debian/version.sh | cut -d~ -f1)"
	@for section in 1 5 8; do mv build/man/*.$$section build/man/man$$section/ || exit 1; done
	@cp man/pingmon.7 build/man/man7/
	@echo "Now: man -M build/man pingmonctl (or pingmon, pingmond, pingmon.toml)"

# Needs neither .venv nor, once Debian's build tools are there, a network.
deb:
	@for program in dpkg-buildpackage dh dh_python3 fakeroot; do \
	  command -v $$program >/dev/null || missing=yes; done; \
	/usr/bin/python3 -c 'import jsonschema, requests' 2>/dev/null || missing=yes; \
	if [ -n "$$missing" ]; then echo "Installing what builds packages …"; \
	  export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq -y install \
	  --no-install-recommends dpkg-dev debhelper dh-python fakeroot python3 python3-jsonschema python3-requests >/dev/null; fi
	@debian/build.sh

# After a change of a requirements.txt below debian/vendor.
vendor: $(SETUP)
	cd debian/vendor && rm -f *.whl *.tar.gz tools/*.whl tools/*.tar.gz && for folder in . tools; do \
	  $(CURDIR)/.venv/bin/pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
	  --no-binary jsonrpcserver,argparse-manpage -d $$folder -r $$folder/requirements.txt || exit 1; done
