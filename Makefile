# SPDX-License-Identifier: GPL-2.0-only
#
#   make            domicile.ko, the BPF programs, domiciled and domicile
#   make run        start Domicile with an example policy and show it at work
#   make test       every test; ends with "N passed, N failed, N skipped"
#   make check      the unit tests alone: no root, no VM
#   make bench      what Domicile costs, in instructions
#   make install    DESTDIR= and PREFIX= are honoured; make uninstall undoes it
#
# KDIR=  build tree of the kernel the module is for; default: the running
#        kernel's if there is one, else the newest 6.12 or later installed.

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/domicile

KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V)))
KVERSION = $(notdir $(patsubst %/build,%,$(KDIR)))

O := build
CLANG ?= clang
BPFTOOL ?= bpftool
PKG_CONFIG ?= pkg-config
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

PACKAGES := libbpf libelf libnl-genl-3.0 yaml-0.1 jansson libcrypto
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

# domicile and domiciled share everything but their main().
COMMON := $(filter-out userspace/domicile.c userspace/domiciled.c userspace/cmd_%.c, \
	$(wildcard userspace/*.c))
COMMANDS := $(wildcard userspace/cmd_*.c)
HEADERS := $(wildcard userspace/*.h include/domicile/*.h include/uapi/linux/*.h)
objects = $(patsubst userspace/%.c,$(O)/userspace/%.o,$(1))

.PHONY: all
all: module bpf userspace

# --- kernel module ----------------------------------------------------------
.PHONY: module
module: $(O)/kmod/domicile.ko $(O)/bin/domicile.ko

KMOD_SOURCES := $(wildcard kmod/*.c kmod/*.h) Kbuild $(wildcard include/domicile/*.h \
	include/uapi/linux/*.h)

# Kbuild writes beside its sources: give it a mirror of them.
$(O)/kmod/domicile.ko: $(KMOD_SOURCES)
	$(if $(KDIR),,$(error no kernel headers found; run tools/setup or give KDIR=))
	$(call say,KMOD,$(KVERSION))
	$(Q)mkdir -p $(O)/kmod && cp -p $(wildcard kmod/*.c kmod/*.h) Kbuild $(O)/kmod/
	$(Q)$(MAKE) -s -C $(KDIR) M=$(abspath $(O)/kmod) DOMICILE=$(CURDIR) \
		DOMICILE_VERSION=$(VERSION) modules

$(O)/bin/domicile.ko: $(O)/kmod/domicile.ko
	$(Q)mkdir -p $(@D) && cp $< $@

# --- BPF programs -----------------------------------------------------------
.PHONY: bpf
bpf: $(O)/bpf/domicile.skel.h

$(O)/bpf/vmlinux.h: $(KDIR)/vmlinux
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
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $^ -o $@ $(ALL_LDFLAGS)

$(O)/bin/domiciled: $(call objects,userspace/domiciled.c $(COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $^ -o $@ $(ALL_LDFLAGS)

.PHONY: clean
clean:
	rm -rf $(O)/bin $(O)/bpf $(O)/kmod $(O)/userspace $(O)/unit $(O)/tests $(O)/bench
