// SPDX-License-Identifier: MIT
/* A virtual machine with one processor and a page of code, which reads or writes where it is told. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>
#include "run.h"

static int vm = -1, vcpu = -1, slots;
static struct kvm_run *run;

#define WRITE_CODE 8		/* where the code for a write starts in the page */

#ifdef __x86_64__
static const unsigned char code[] = {
	0x8b, 0x03, 0xf4, 0, 0, 0, 0, 0,	/* mov eax, [ebx]; hlt */
	0x89, 0x03, 0xf4,			/* mov [ebx], eax; hlt */
};

static void processor_init(void)
{
}

/* Flat 32-bit protected mode without paging. */
static void processor_aim(u64 pc, u64 gpa)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = pc, .rbx = gpa, .rflags = 2 };

	ioctl(vcpu, KVM_GET_SREGS, &s);
	s.cr0 |= 1;
	s.cs = (struct kvm_segment){ .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1,
				     .db = 1, .s = 1, .g = 1 };
	s.ds = s.cs;
	s.ds.type = 3;
	s.ds.selector = 16;
	s.es = s.ss = s.fs = s.gs = s.ds;
	ioctl(vcpu, KVM_SET_SREGS, &s);
	ioctl(vcpu, KVM_SET_REGS, &r);
}

static int exit_reason(int failed)
{
	(void)failed;
	return run->exit_reason;
}
#else
/* There is no halt that leaves the guest: it ends with a store to an address without a slot. */
#define DONE 0x08000000ull

static const unsigned int code[] = {
	0xb9400001, 0xb9000041,		/* ldr w1, [x0]; str w1, [x2] */
	0xb9000001, 0xb9000041,		/* str w1, [x0]; str w1, [x2] */
};

static void processor_init(void)
{
	struct kvm_vcpu_init init;

	ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	ioctl(vcpu, KVM_ARM_VCPU_INIT, &init);
}

static void set_register(size_t offset, u64 value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / 4,
		.addr = (u64)&value,
	};

	ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

static void processor_aim(u64 pc, u64 gpa)
{
	set_register(offsetof(struct kvm_regs, regs.pc), pc);
	set_register(offsetof(struct kvm_regs, regs.regs[0]), gpa);
	set_register(offsetof(struct kvm_regs, regs.regs[2]), DONE);
}

/* Tells the store to DONE as a halt, and completes a pending MMIO access. */
static int exit_reason(int failed)
{
	int reason = run->exit_reason;

	if (failed || reason != KVM_EXIT_MMIO)
		return reason;
	if (run->mmio.phys_addr == DONE)
		reason = KVM_EXIT_HLT;
	run->immediate_exit = 1;
	ioctl(vcpu, KVM_RUN, 0);
	run->immediate_exit = 0;
	return reason;
}
#endif

static int slot_set(u64 gpa, u64 length, void *start, unsigned int flags)
{
	struct kvm_userspace_memory_region slot = {
		.slot = slots++, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = length, .userspace_addr = (u64)start,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot);
}

/* The code lies at the guest's second page. */
void op_kvm(struct step *s)
{
	int kvm = open("/dev/kvm", O_RDWR);
	void *page;

	(void)s;
	if (kvm < 0) {
		answer("kvm", -1);
		return;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0UL);
#ifdef __x86_64__
	ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000UL);
#endif
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(page, code, sizeof(code));
	processor_init();
	answer("kvm", slot_set(page_size, page_size, page, 0));
}

void op_kvmslot(struct step *s)
{
	unsigned int flags = flag("readonly") ? KVM_MEM_READONLY : 0;

	answer("kvmslot", slot_set(option_number("gpa", 0), s->length, s->map->start + s->offset, flags));
}

void op_kvmaccess(struct step *s)
{
	int result, error, reason;

	(void)s;
	if (vcpu < 0) {
		printf("{\"error\":\"no vm\"}\n");
		return;
	}
	processor_aim(page_size + (flag("write") ? WRITE_CODE : 0), option_number("gpa", 0));
	result = ioctl(vcpu, KVM_RUN, 0);
	error = errno;
	reason = exit_reason(result);
	printf("{\"access\":%d,\"errno\":%d,\"exit\":%d}\n", result, result ? error : 0, reason);
}

/* One of KVM's counters, summed over all VMs; null where the architecture has none. */
static void print_stat(const char *name)
{
	static const char *const root = "/sys/kernel/debug/kvm";
	DIR *dir = opendir(root);
	struct dirent *vm_dir;
	u64 value, total = 0;
	int any = 0;

	while (dir && (vm_dir = readdir(dir))) {
		char path[512];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s/%s", root, vm_dir->d_name, name);
		if (vm_dir->d_type != DT_DIR || vm_dir->d_name[0] == '.' || !(file = fopen(path, "r")))
			continue;
		if (fscanf(file, "%llu", &value) == 1) {
			total += value;
			any = 1;
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	if (any)
		printf("\"%s\":%llu", name, total);
	else
		printf("\"%s\":null", name);
}

void op_kvmstat(struct step *s)
{
	(void)s;
	printf("{");
	print_stat("pages_1g");
	printf(",");
	print_stat("pages_2m");
	printf(",");
	print_stat("pages_4k");
	printf("}\n");
}

/* The entries on the way down, those that point to tables without the address. */
void op_stage2(struct step *s)
{
	struct pl_stage2 walk = { .fd = vcpu, .gpa = option_number("gpa", 0) };

	(void)s;
	if (vcpu < 0 || ioctl(lab, PL_STAGE2, &walk)) {
		printf("{\"error\":\"no vm\"}\n");
		return;
	}
	printf("{\"stage2\":[");
	for (unsigned int i = 0; i < walk.n; i++)
		printf("%s{\"size\":\"0x%llx\",\"entry\":\"0x%llx\"}", i ? "," : "", (u64)walk.size[i],
		       i + 1 == walk.n ? told(walk.entry[i]) : walk.entry[i] & ~address_mask);
	printf("]}\n");
}
