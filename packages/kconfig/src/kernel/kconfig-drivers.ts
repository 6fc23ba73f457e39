/** IOMMU, vfio, iommufd and KVM. */
export const driversKconfig = `
config IOMMU_API
	bool

config IOMMU_SUPPORT
	bool "IOMMUs"
	depends on MMU
	default y

config AMD_IOMMU
	bool "AMD IOMMU"
	depends on X86_64 && PCI && IOMMU_SUPPORT
	select IOMMU_API

config INTEL_IOMMU
	bool "Intel IOMMU"
	depends on X86 && PCI && IOMMU_SUPPORT
	select IOMMU_API

config ARM_SMMU_V3
	tristate "Arm SMMUv3"
	depends on ARM64 && IOMMU_SUPPORT
	select IOMMU_API

config IOMMUFD
	tristate "iommufd"
	depends on IOMMU_SUPPORT

menuconfig VFIO
	tristate "Devices for user space (vfio)"
	depends on IOMMUFD || !IOMMUFD
	select IOMMU_API
	select VFIO_GROUP if IOMMUFD = n
	select VFIO_CONTAINER if IOMMUFD = n

if VFIO

config VFIO_GROUP
	bool "/dev/vfio/GROUP"
	default y

config VFIO_CONTAINER
	bool "/dev/vfio/vfio"
	depends on VFIO_GROUP
	default y
	select VFIO_IOMMU_TYPE1 if MMU && (X86 || S390 || ARM64)

config VFIO_DEVICE_CDEV
	bool "/dev/vfio/devices/vfioN"
	depends on IOMMUFD
	default !VFIO_GROUP

config VFIO_IOMMU_TYPE1
	tristate

config VFIO_NOIOMMU
	bool "vfio without an IOMMU"
	depends on VFIO_GROUP

config VFIO_VIRQFD
	bool

menu "vfio for PCI devices"
	depends on PCI

config VFIO_PCI_CORE
	tristate
	select VFIO_VIRQFD

config VFIO_PCI_INTX
	def_bool y if !S390
	depends on VFIO_PCI_CORE

config VFIO_PCI_MMAP
	def_bool y if !S390
	depends on VFIO_PCI_CORE && !LINUX_7_3
	help
	  BARs can be mapped. Later kernels ask the device instead.

config VFIO_PCI_DMABUF
	def_bool y
	depends on VFIO_PCI_CORE && PCI_P2PDMA && LINUX_7_3

config VFIO_PCI
	tristate "vfio for any PCI device"
	select VFIO_PCI_CORE

config VFIO_PCI_VGA
	bool "vfio for VGA devices"
	depends on VFIO_PCI && X86

config VFIO_PCI_IGD
	bool "vfio for Intel graphics devices"
	depends on VFIO_PCI && X86

config NVGRACE_GPU_VFIO_PCI
	tristate "vfio for the Grace Hopper superchip"
	depends on ARM64
	select VFIO_PCI_CORE

endmenu

endif

menuconfig VIRTUALIZATION
	bool "Virtualization"
	default y if X86

config KVM_COMMON
	bool
	select MMU_NOTIFIER if LINUX_7_3

config KVM_GENERIC_MMU_NOTIFIER
	bool
	select MMU_NOTIFIER

config KVM_VFIO
	bool

# Only x86 can build KVM as a module; that is left to the .config.
config KVM
	tristate "KVM"
	depends on VIRTUALIZATION && (X86 || ARM64 || RISCV || S390)
	select KVM_COMMON if !X86
	select KVM_GENERIC_MMU_NOTIFIER if !X86 && !LINUX_7_3
	select KVM_VFIO if !X86

config KVM_X86
	def_tristate KVM if KVM_INTEL || KVM_AMD
	depends on X86
	select KVM_COMMON
	select KVM_GENERIC_MMU_NOTIFIER if !LINUX_7_3
	select KVM_VFIO

config KVM_INTEL
	tristate "KVM on Intel processors"
	depends on KVM && X86

config KVM_AMD
	tristate "KVM on AMD processors"
	depends on KVM && X86
`;
