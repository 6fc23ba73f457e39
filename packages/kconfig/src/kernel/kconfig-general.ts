/** What every architecture has: version, modules, preemption, timer. */
export const generalKconfig = `
config SRCARCH
	string "Architecture"
	default "x86"
	help
	  The folder of the architecture in the kernel tree: x86, arm64, riscv,
	  powerpc, s390 or sparc.

config LINUX_VERSION_CODE
	hex "Version of the kernel"
	range 0x60b00 0x7ffff
	default 0x60c75
	help
	  65536 times the major number, plus 256 times the minor number, plus the
	  third number, of which at most 255 count.

# Where 6.12.117 and 7.3.4 differ in what their options allow, only these two
# were compared; which version between them brought the difference is open.
config LINUX_7_3
	def_bool LINUX_VERSION_CODE >= 0x70300

config EXPERT
	bool "Show options that usual systems leave alone"

config MODULES
	bool "Loadable modules"
	modules

config ARCH_SUPPORTS_RT
	bool

config PREEMPT_RT
	bool "Fully preemptible kernel (real time)"
	depends on EXPERT && ARCH_SUPPORTS_RT
	help
	  Turns spinlocks into sleeping locks. Transparent huge pages cannot be
	  built in then, and with them go huge pfn mappings.

config SMP
	bool "More than one processor"
	default y

config NUMA
	bool "Non-uniform memory access"
	depends on SMP

config SWAP
	bool "Paging of anonymous memory"
	depends on MMU
	default y

choice
	prompt "Timer frequency"
	default HZ_250

config HZ_100
	bool "100 Hz"

config HZ_250
	bool "250 Hz"

config HZ_300
	bool "300 Hz"

config HZ_1000
	bool "1000 Hz"

endchoice

config HZ
	int
	default 100 if HZ_100
	default 250 if HZ_250
	default 300 if HZ_300
	default 1000 if HZ_1000

config PROC_FS
	bool "/proc"
	default y

choice
	prompt "Force of /proc/PID/mem"
	depends on PROC_FS
	default PROC_MEM_ALWAYS_FORCE
	help
	  Whether a read or write of /proc/PID/mem reaches memory that the
	  process itself may not read or write.

config PROC_MEM_ALWAYS_FORCE
	bool "Always"

config PROC_MEM_FORCE_PTRACE
	bool "Of a process that the reader traces"

config PROC_MEM_NO_FORCE
	bool "Never"

endchoice

config CHECKPOINT_RESTORE
	bool "Checkpoint and restore of processes"
	depends on PROC_FS

config PROC_PAGE_MONITOR
	bool "/proc files about the pages of a process" if EXPERT
	depends on PROC_FS && MMU
	default y
	help
	  smaps, clear_refs and pagemap.

config PARAVIRT
	bool "Paravirtual operations"
	depends on HYPERVISOR_GUEST || ARM64

config XEN
	bool "Guest of Xen"
	depends on PARAVIRT

config PCI
	bool "PCI devices"

config PCI_P2PDMA
	bool "Transfers between PCI devices"
	depends on PCI && ZONE_DEVICE

config DEVMEM
	bool "/dev/mem"
	default y

config STRICT_DEVMEM
	bool "Keep /dev/mem off RAM"
	depends on MMU && DEVMEM
	default y if PPC || X86 || ARM64 || S390

config IO_STRICT_DEVMEM
	bool "Keep /dev/mem off memory that drivers use"
	depends on STRICT_DEVMEM
`;
