# SPDX-License-Identifier: GPL-2.0-only
#
#   make            domicile.ko, the BPF programs, domiciled and domicile
#   make run        start Domicile with an example policy and show it at work
#   make test       every test [or ONLY="flow cli.sh"]; ends with "N passed, N failed, N skipped"
#   make check      the unit tests alone: no root, no VM
#   make fuzz       what reads policies and logs, under a fuzzer for FUZZ_SECONDS (60) each [TARGETS=]
#   make soak       20,000 random chains of channels, for some hours; SEED= and COUNT=
#   make power      cuts the power of the VM CUTS times [SEED=] while labelled data is written
#   make day        a systemd host at work for MINUTES (10): nobody else is labelled, or refused
#   make mutate     takes one BPF program away at a time [PROGRAM=]: does a test notice?
#   make share      labelled data and network file systems and disks, with their servers
#   make launder    labelled data and the services of a systemd host that would pass it on
#   make ledger     LEDGER.md anew, from what the last make test, power, share and launder said
#   make bench      what Domicile costs, in instructions
#   make limits     what it costs in memory: TASKS= and FILES= labelled at once
#   make bench-audit  how fast the audit log is written, verified and proved
#   make install    DESTDIR= and PREFIX= are honoured; make uninstall undoes it
#
# KDIR=  build tree of the kernel the module is for; default: the running
#        kernel's if there is one, else the newest 6.12 or later installed.

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/domicile

builds = $(shell ls -d /lib/modules/$(1)/build 2>/dev/null | sort -V | \
	awk -F '[/.]' '$$4 > 6 || ($$4 == 6 && $$5 + 0 >= 12)')
KDIR ?= $(firstword $(call builds,$(shell uname -r)) $(lastword $(call builds,*)))
# The kernel that tests/vm/run boots.
VM_KDIR = $(lastword $(call builds,6.12*))
KVERSION = $(notdir $(patsubst %/build,%,$(KDIR)))

O := build
CLANG ?= clang
BPFTOOL ?= bpftool
PKG_CONFIG ?= pkg-config
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

PACKAGES := libbpf libelf libnl-genl-3.0 yaml-0.1 jansson libcrypto libmaxminddb libzstd
WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-Wno-unused-parameter -Wno-missing-field-initializers
CFLAGS ?= -O2 -g
ALL_CFLAGS = $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) \
	-Iinclude -Iinclude/uapi -Iuserspace -I$(O)/bpf \
	-DDOMICILE_VERSION='"$(VERSION)"' -DDOMICILE_SBINDIR='"$(SBINDIR)"' \
	$(shell $(PKG_CONFIG) --cflags $(PACKAGES))
ALL_LDFLAGS = $(LDFLAGS) $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lz

VERSION := 0.1

BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h include/domicile/*.h)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
	-Wall -Wextra -Werror -Wno-unused-parameter \
	-Iinclude -Ibpf -I$(O)/bpf

# domicile and domiciled share everything but their main(), the commands, and what shows or
# exports records: a daemon that guards data has no use for HTTP.
EXPORT := $(wildcard userspace/export*.c userspace/target*.c) \
	$(addprefix userspace/,connection.c metrics.c tally.c tls.c top.c top_screen.c)
EXPORT_PACKAGES := libcurl libssl ncursesw
COMMANDS := $(wildcard userspace/cmd_*.c) $(EXPORT)
COMMON := $(filter-out userspace/domicile.c userspace/domiciled.c $(COMMANDS), \
	$(wildcard userspace/*.c))
HEADERS := $(wildcard userspace/*.h include/domicile/*.h include/uapi/linux/*.h)
objects = $(patsubst userspace/%.c,$(O)/userspace/%.o,$(1))

.PHONY: all
all: module bpf userspace

# --- kernel module ----------------------------------------------------------
.PHONY: module
module: $(O)/kmod/domicile.ko $(O)/bin/domicile.ko

KMOD_SOURCES := $(wildcard kmod/*.c kmod/*.h) Kbuild $(wildcard include/domicile/*.h \
	include/uapi/linux/*.h)

# Changes when the kernel does that everything is built for.
$(O)/kdir: FORCE
	$(Q)mkdir -p $(@D) && echo '$(KDIR)' | cmp -s - $@ || echo '$(KDIR)' > $@
.PHONY: FORCE
FORCE:

# Kbuild writes beside its sources: give it a mirror of them.
$(O)/kmod/domicile.ko: $(KMOD_SOURCES) $(O)/kdir
	$(if $(KDIR),,$(error no kernel headers found; run tools/setup or give KDIR=))
	$(call say,KMOD,$(KVERSION))
	$(Q)mkdir -p $(O)/kmod && cp -p $(wildcard kmod/*.c kmod/*.h) Kbuild $(O)/kmod/
	$(Q)$(MAKE) -s -C $(KDIR) M=$(abspath $(O)/kmod) DOMICILE=$(CURDIR) \
		DOMICILE_VERSION=$(VERSION) modules && touch $@

$(O)/bin/domicile.ko: $(O)/kmod/domicile.ko
	$(Q)mkdir -p $(@D) && cp $< $@

# --- BPF programs -----------------------------------------------------------
.PHONY: bpf
bpf: $(O)/bpf/domicile.skel.h

$(O)/bpf/vmlinux.h: $(KDIR)/vmlinux $(O)/kdir
	$(call say,BTF,$@)
	$(Q)mkdir -p $(@D) && $(BPFTOOL) btf dump file $< format c > $@.tmp && mv $@.tmp $@

$(O)/bpf/domicile.bpf.o: bpf/domicile.bpf.c $(BPF_SOURCES) $(O)/bpf/vmlinux.h
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(O)/bpf/domicile.skel.h: $(O)/bpf/domicile.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name domicile_bpf > $@.tmp && mv $@.tmp $@

# --- user space -------------------------------------------------------------
.PHONY: userspace
userspace: $(O)/bin/domicile $(O)/bin/domiciled

$(O)/userspace/%.o: userspace/%.c $(HEADERS) $(O)/bpf/domicile.skel.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c $< -o $@

$(O)/bin/domicile: $(call objects,userspace/domicile.c $(COMMANDS) $(COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $^ -o $@ $(ALL_LDFLAGS) \
		$(shell $(PKG_CONFIG) --libs $(EXPORT_PACKAGES))

$(O)/bin/domiciled: $(call objects,userspace/domiciled.c $(COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $^ -o $@ $(ALL_LDFLAGS)

# --- the two commands -------------------------------------------------------
# Each installs what it needs and builds: on a bare machine the variables above
# have nothing to look at before that, hence the second make.
.PHONY: setup run test
setup:
	$(Q)tools/setup

run: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/demo

test: setup
	$(Q)$(MAKE) --no-print-directory for-vm
	$(Q)tools/test $(ONLY)

.PHONY: for-vm
for-vm:
	$(Q)$(MAKE) --no-print-directory all tests KDIR='$(VM_KDIR)'

# --- tests and measurements -------------------------------------------------
.PHONY: tests check bench bench-audit
tests:
	$(Q)$(MAKE) --no-print-directory -C tests OUTPUT=$(abspath $(O)/tests)

check:
	$(Q)$(MAKE) --no-print-directory -C tests/unit check CC='$(CC)'

.PHONY: fuzz
fuzz:
	$(Q)$(MAKE) -s --no-print-directory -C tests/fuzz $(if $(TARGETS),TARGETS='$(TARGETS)') \
		$(if $(FUZZ_SECONDS),FUZZ_SECONDS=$(FUZZ_SECONDS))

COUNT ?= 20000
SEED ?= 1

.PHONY: soak
soak: for-vm
	$(Q)tools/soak $(COUNT) $(SEED)

CUTS ?= 100

.PHONY: power
power: for-vm
	$(Q)tests/vm/power --cuts $(CUTS) $(if $(SEED),--seed $(SEED))

.PHONY: share
share:
	$(Q)tools/setup --share
	$(Q)$(MAKE) --no-print-directory for-vm
	$(Q)tests/vm/run --timeout 900 -- tests/run share > $(O)/share.log 2>&1; cat $(O)/share.log
	$(Q)tools/summary $(O)/share.log

.PHONY: launder
launder:
	$(Q)tools/setup --launder
	$(Q)$(MAKE) --no-print-directory for-vm
	$(Q)tests/vm/run --systemd --timeout 900 -- tests/launder.sh > $(O)/launder.log 2>&1; \
		cat $(O)/launder.log
	$(Q)tools/summary $(O)/launder.log

MINUTES ?= 10

.PHONY: day
day:
	$(Q)tools/setup --day
	$(Q)$(MAKE) --no-print-directory for-vm
	$(Q)tests/vm/run --systemd --timeout $$(($(MINUTES) * 60 + 1200)) -- tests/day.sh $(MINUTES)

.PHONY: mutate
mutate: for-vm
	$(Q)tools/mutate $(PROGRAM)

.PHONY: ledger
ledger:
	$(Q)[ -f $(O)/test.log ] || { echo 'no $(O)/test.log: run make test before' >&2; exit 1; }
	$(Q)tools/ledger $(O)/test.log $(wildcard $(patsubst %,$(O)/%.log,power share launder)) \
		> $(O)/LEDGER.md
	$(Q)mv $(O)/LEDGER.md LEDGER.md && tail -n 1 LEDGER.md

bench: all $(O)/bench/calls $(O)/bench/empty $(O)/bench/empty.bpf.o
	$(Q)tests/vm/run --icount -- bench/run.sh

TASKS ?= 100000
FILES ?= 1000000

.PHONY: limits
limits: for-vm $(O)/bench/limits
	$(Q)tests/vm/run --memory 8G --timeout 7200 -- bench/limits.sh $(TASKS) $(FILES)

# RECORDS= of them; DIR=, which is on the disk that is measured, is made and removed.
RECORDS ?= 1000000
DIR ?= $(O)/bench/log

bench-audit: $(O)/bench/audit
	$(Q)$< $(RECORDS) $(DIR)

AUDIT_LOG := $(addprefix userspace/,audit_entry.c base64.c checkpoint.c fault.c merkle.c \
	merkle_proof.c moment.c note.c note_key.c number.c plain.c progress.c read_all.c \
	tile.c tile_file.c \
	tile_tree.c tlog.c tlog_open.c tlog_recover.c tlog_verify.c)

$(O)/bench/audit: bench/audit.c $(AUDIT_LOG) $(HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -Iuserspace \
		-Iinclude $(filter %.c,$^) -o $@ $(LDFLAGS) -lcrypto -lzstd -ljansson

# Static: what a process maps is what fork copies.
$(O)/bench/calls $(O)/bench/limits: $(O)/bench/%: bench/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(LDFLAGS) \
		-static $< -o $@

$(O)/bench/empty: bench/empty.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $< -o $@ $(ALL_LDFLAGS)

# Empty programs on the hooks of the product, whatever they are.
$(O)/bench/empty.bpf.c: bench/empty.sh $(O)/bpf/domicile.bpf.o
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && $^ > $@.tmp && mv $@.tmp $@

$(O)/bench/empty.bpf.o: $(O)/bench/empty.bpf.c $(O)/bpf/vmlinux.h
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# --- installation -----------------------------------------------------------
MODDIR = /lib/modules/$(KVERSION)/updates

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MODDIR) $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 \
		$(DESTDIR)$(DATADIR)/policies $(DESTDIR)$(PREFIX)/include/linux \
		$(DESTDIR)$(DATADIR)/contrib \
		$(DESTDIR)/etc/domicile
	install -m 0755 $(O)/bin/domicile $(O)/bin/domiciled $(DESTDIR)$(SBINDIR)/
	install -m 0644 $(O)/kmod/domicile.ko $(DESTDIR)$(MODDIR)/
	install -m 0644 userspace/man/*.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 0644 userspace/man/*.8 $(DESTDIR)$(MANDIR)/man8/
	install -m 0644 policies/*.yaml policies/schema.json $(DESTDIR)$(DATADIR)/policies/
	cp -r contrib/. $(DESTDIR)$(DATADIR)/contrib/
	install -m 0644 include/uapi/linux/domicile.h $(DESTDIR)$(PREFIX)/include/linux/
	$(if $(DESTDIR),,depmod $(KVERSION))

# /etc/domicile is the administrator's and stays unless it is empty.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/domicile $(DESTDIR)$(SBINDIR)/domiciled
	rm -f $(DESTDIR)$(MODDIR)/domicile.ko
	rm -f $(patsubst userspace/man/%,$(DESTDIR)$(MANDIR)/man5/%,$(wildcard userspace/man/*.5))
	rm -f $(patsubst userspace/man/%,$(DESTDIR)$(MANDIR)/man8/%,$(wildcard userspace/man/*.8))
	rm -f $(DESTDIR)$(PREFIX)/include/linux/domicile.h
	rm -rf $(DESTDIR)$(DATADIR)
	-rmdir $(DESTDIR)/etc/domicile 2>/dev/null
	$(if $(DESTDIR),,depmod $(KVERSION))

.PHONY: clean
clean:
	rm -rf $(O)/bin $(O)/bpf $(O)/kmod $(O)/userspace $(O)/unit $(O)/fuzz $(O)/tests \
		$(O)/bench

.DELETE_ON_ERROR:
