# Builds what is not TypeScript, then dist/. `make` alone builds everything; what is up to date is not built again.
#
#   BPF objects   bpf/x.bpf.c            -> build/bpf/x.bpf.o
#   addon         native/                -> build/native/libbpf.node
#   layouts       BTF of the objects     -> src/**/*.gen.ts
#   JavaScript    src/**/*.ts            -> dist/

BPF_CLANG ?= clang

# Both spellings of the machine: Debian's, for include folders, and libbpf's.
MACHINE := $(shell uname -m)
BPF_ARCH := $(if $(filter aarch64,$(MACHINE)),arm64,x86)

NODE := $(firstword $(wildcard node_modules/node-linux-*/bin/node) node)

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.bpf.c=build/bpf/%.bpf.o)
ARM64_OBJECTS := $(BPF_SOURCES:bpf/%.bpf.c=build/bpf-arm64/%.bpf.o)

# System headers by -isystem, so that warnings are about our structs alone.
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -std=gnu11 \
	-Wall -Wextra -Wno-unused-parameter -Wpadded -Werror \
	-Ibpf -isystem /usr/include/$(MACHINE)-linux-gnu -isystem /usr/include

# Folders too: removing a file touches its folder.
TS_SOURCES := $(shell find src -type d -o -name '*.ts' ! -name '*.test.ts')

say = @printf '  %-8s %s\n' $(1) $(2)

.PHONY: all bpf native test-programs layouts check-arm64 clean
all: dist/.built

bpf: $(BPF_OBJECTS)

build/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,bpf,$@)
	@mkdir -p $(@D)
	@$(BPF_CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_$(BPF_ARCH) -MMD -MP -c $< -o $@

# The programs differ by architecture in how registers are read: that both compile is part of the tests.
check-arm64: $(ARM64_OBJECTS)

build/bpf-arm64/%.bpf.o: bpf/%.bpf.c
	$(call say,bpf-arm,$@)
	@mkdir -p $(@D)
	@$(BPF_CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_arm64 -MMD -MP -c $< -o $@

# native/Makefile knows its own files and does nothing when they are unchanged.
native:
	@$(MAKE) --silent --no-print-directory -C native

# What only the tests run.
test-programs: all
	@$(MAKE) --silent --no-print-directory -C native test-objects

layouts: build/layouts.stamp

build/layouts.stamp: $(BPF_OBJECTS) scripts/layouts.ts | native
	@$(NODE) scripts/layouts.ts
	@mkdir -p $(@D)
	@touch $@

# Emitted from nothing each time, so that a removed source leaves no JavaScript behind.
dist/.built: build/layouts.stamp $(TS_SOURCES) tsconfig.json tsconfig.build.json package-lock.json
	$(call say,tsc,dist/)
	@rm -rf dist
	@$(NODE) node_modules/typescript/bin/tsc -p tsconfig.build.json
	@touch $@

clean:
	rm -rf build dist

-include $(BPF_OBJECTS:.o=.d) $(ARM64_OBJECTS:.o=.d)
