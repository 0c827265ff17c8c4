/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Answers of the kernel's calls: lengths, chains of capabilities, lists of ranges and of
 * devices, physical addresses. The first byte selects the backend. Each call takes a byte: 0
 * is success, others an errno; then an answer has a length and its bytes.
 */

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "fuzz.h"
#define FUZZ_IOCTL_DEFINED_HERE
#include "fuzz_ioctl.h"
#include "ioas/ioas.h"
#include "uapi/vfio_uapi.h"

#define PAGE UINT64_C(4096)
/* The kernel writes no more than it is given room for; a list is no longer than this. */
#define ANSWER_MAX 4096

static struct fuzz_in input;
static int n_open;

int
fuzz_kernel_open(const char *path)
{
	if (fuzz_byte(&input) == 1) {
		errno = ENOENT;
		return -1;
	}
	n_open++;
	return 100;
}

int
fuzz_kernel_close(int fd)
{
	n_open--;
	return 0;
}

int
fuzz_kernel_fcntl(int fd, int command, ...)
{
	if (command != F_DUPFD_CLOEXEC)
		return command == F_GETFL ? O_RDWR : 0;
	n_open++;
	return 100;
}

/* Some bytes of the input over an answer. */
static void
answer(void *buf, size_t room)
{
	size_t len = fuzz_byte(&input);

	len |= (size_t)(fuzz_byte(&input) & 0xf) << 8;
	len = len < room ? len : room;
	len = len < input.left ? len : input.left;
	if (len > 0)
		memcpy(buf, input.next, len);
	input.next += len;
	input.left -= len;
}

ssize_t
fuzz_kernel_pread(int fd, void *buf, size_t size)
{
	memset(buf, 0x80, size);
	answer(buf, size);
	return (ssize_t)(fuzz_byte(&input) == 1 ? size / 2 : size);
}

/* What the kernel thinks of an advice for no memory does not matter. */
int
fuzz_kernel_madvise(size_t size)
{
	static const int errors[] = { EINVAL, ENOMEM, EFAULT, EINTR };
	uint8_t result = size > 0 ? fuzz_byte(&input) : 0;

	if (result == 0 || result > 4)
		return 0;
	errno = errors[result - 1];
	return -1;
}

/* A list of ranges: in the memory that the caller gave, and as long as it said. */
static void
ranges_answer(struct abi_ioas_ranges *r)
{
	struct abi_iova_range *v = (struct abi_iova_range *)(uintptr_t)r->ranges;
	uint32_t room = r->count;

	answer(v, room * sizeof(*v));
	answer(&r->count, sizeof(r->count));
	answer(&r->alignment, sizeof(r->alignment));
}

/* A structure that begins with the room for it. Its argsz may grow. */
static void
structure_answer(void *arg)
{
	uint32_t room;

	memcpy(&room, arg, sizeof(room));
	FUZZ_CHECK(room >= 8);
	answer(arg, room < ANSWER_MAX ? room : ANSWER_MAX);
}

int
fuzz_kernel_ioctl(int fd, unsigned long request, ...)
{
	static const int errors[] = { ENOSPC, EMSGSIZE, EINVAL, ENOTTY, ENOMEM, EBUSY, ENODEV, EPERM };
	uint8_t result = fuzz_byte(&input);
	bool structure = false, ranges = false;
	va_list ap;
	void *arg;

	switch (request) {
	case VFIO_GET_API_VERSION:
	case VFIO_CHECK_EXTENSION:
		return result % 4 == 3 ? 7 : result % 2;
	case VFIO_GROUP_GET_DEVICE_FD:
		n_open++;
		return 100;
	/* Also the number of VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, and of spapr's limits. */
	case VFIO_IOMMU_GET_INFO:
	case VFIO_GROUP_GET_STATUS:
	case VFIO_DEVICE_GET_INFO:
	case VFIO_DEVICE_GET_REGION_INFO:
	case VFIO_DEVICE_GET_IRQ_INFO:
	case VFIO_IOMMU_UNMAP_DMA:
	case VFIO_IOMMU_SPAPR_TCE_CREATE:
	case ABI_IOAS_ALLOC:
	case ABI_OPTION:
		structure = true;
		break;
	case ABI_IOAS_IOVA_RANGES:
		ranges = true;
		break;
	default:
		break;
	}
	va_start(ap, request);
	arg = structure || ranges ? va_arg(ap, void *) : NULL;
	va_end(ap);
	if (structure)
		structure_answer(arg);
	if (ranges)
		ranges_answer(arg);
	if (result == 0 || result > 8)
		return 0;
	errno = errors[result - 1];
	return -1;
}

static void
limits_look(struct ioas *space, const struct ioas_member *m)
{
	struct ioas_info info;
	bool viable;
	size_t i;

	if (ioas_survey(space, m, &info, &viable) == 0) {
		for (i = 0; i < info.n_ranges; i++)
			FUZZ_CHECK(iova_range_valid(info.ranges[i]));
		ioas_info_free(&info);
	}
	if (ioas_attach(space, m, &viable) != 0) {
		ioas_release(space, m);
		return;
	}
	if (ioas_info_get(space, &info) == 0) {
		for (i = 0; i < info.n_ranges; i++)
			FUZZ_CHECK(iova_range_valid(info.ranges[i]));
		ioas_info_free(&info);
	}
	if (ioas_map(space, IOAS_EAL, PAGE, PAGE, PAGE, NULL) == 0)
		ioas_unmap(space, IOAS_EAL, PAGE, PAGE);
	ioas_detach(space, m);
}

static void
device_look(struct ioas *space)
{
	struct ioas_reset_set set;
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_device_info device;
	struct vfio_irq_info irq;
	size_t i;

	if (ioas_reset_set_get(space, 100, UINT32_MAX, &set) == 0) {
		for (i = 0; i < set.n; i++)
			FUZZ_CHECK(memchr(set.v[i].name, '\0', sizeof(set.v[i].name)) != NULL);
		ioas_reset_set_free(&set);
	}
	vfio_uapi_device_info(100, &device);
	vfio_uapi_region_info(100, &region);
	vfio_uapi_irq_info(100, 0, &irq);
}

static void
memory_look(void)
{
	uint64_t physical[4];
	unsigned int i;

	if (vfio_uapi_populate(PAGE, 4 * PAGE) > 0)
		FUZZ_CHECK(false);
	if (vfio_uapi_physical(PAGE, 4, physical) >= 0)
		for (i = 0; i < 4; i++)
			FUZZ_CHECK(physical[i] % PAGE == 0 && physical[i] != 0);
	vfio_uapi_is_huge(PAGE, 600);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ioas_backend backends[] = {
		IOAS_BACKEND_TYPE1, IOAS_BACKEND_IOMMUFD, IOAS_BACKEND_NOIOMMU, IOAS_BACKEND_AUTO,
	};
	const struct ioas_member m = { .group = 7, .group_fd = -1, .name = "0000:01:00.0",
		.cdev = "/dev/vfio/devices/vfio0" };
	struct iova_layout *layout;
	struct ioas *space;

	input = (struct fuzz_in){ data, size };
	n_open = 0;
	FUZZ_CHECK(iova_layout_create(&layout) == 0);
	if (ioas_open(backends[fuzz_byte(&input) % 4], &m, layout, &space, NULL) == 0) {
		limits_look(space, &m);
		device_look(space);
		ioas_close(space);
	}
	memory_look();
	FUZZ_CHECK(n_open == 0);
	FUZZ_CHECK(iova_layout_check(layout, stderr) == 0);
	iova_layout_destroy(layout);
	return 0;
}
