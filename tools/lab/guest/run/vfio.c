// SPDX-License-Identifier: MIT
/* The test device through vfio: container, group, regions, DMA. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>
#include "run.h"

static int container = -1, group = -1, device = -1;

static struct vfio_region_info region(int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info);
	return info;
}

void op_vfio(struct step *s)
{
	char path[64];

	(void)s;
	snprintf(path, sizeof(path), "/dev/vfio/%s", getenv("LAB_GROUP"));
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);
	ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, getenv("LAB_BDF"));
	printf("{\"vfio\":%d,\"regions\":[", device < 0 ? -1 : 0);
	for (int i = 0; i < 7; i++) {
		struct vfio_region_info info = region(i);

		printf("%s{\"index\":%d,\"size\":\"0x%llx\",\"offset\":\"0x%llx\",\"flags\":%u}", i ? "," : "",
		       i, (u64)info.size, (u64)info.offset, info.flags);
	}
	printf("]}\n");
}

int vfio_map_source(const char *bar, u64 *offset)
{
	*offset += region(strlen(bar) > 3 ? atoi(bar + 3) : 0).offset;
	return device;
}

/* The command register of the device; bit 1 is memory enable. */
int write_command(uint16_t value)
{
	return pwrite(device, &value, 2, region(VFIO_PCI_CONFIG_REGION_INDEX).offset + 4);
}

void op_command(struct step *s)
{
	(void)s;
	answer("command", write_command(nwords > 1 ? number(word[1]) : 0));
}

void op_reset(struct step *s)
{
	(void)s;
	answer("reset", ioctl(device, VFIO_DEVICE_RESET));
}

void op_dmamap(struct step *s)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (u64)s->map->start + s->offset,
		.iova = option_number("iova", 0),
		.size = s->length,
	};

	answer("dmamap", ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

void op_dmaunmap(struct step *s)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = option_number("iova", 0),
		.size = s->length,
	};

	answer("dmaunmap", ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));
}
