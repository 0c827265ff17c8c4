/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * fuzz_TARGET -runs=0 FOLDER...: run the target with each file, as libFuzzer does with
 * the same arguments. For compilers without libFuzzer.
 */

#include <dirent.h>

#include "fuzz.h"

static unsigned int n_files;

static void
file_run(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data;
	long size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "re");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		fuzz_fail(path, 0, "it can be read");
	size = ftell(f);
	FUZZ_CHECK(size >= 0);
	rewind(f);
	data = fuzz_memory(malloc(size > 0 ? (size_t)size : 1));
	FUZZ_CHECK(fread(data, 1, (size_t)size, f) == (size_t)size);
	fclose(f);
	/* A file that crashes is the last one that is printed. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	n_files++;
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **found;
	int i, j, n;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		n = scandir(argv[i], &found, is_file, alphasort);
		if (n < 0) {
			perror(argv[i]);
			return 1;
		}
		for (j = 0; j < n; j++) {
			file_run(argv[i], found[j]->d_name);
			free(found[j]);
		}
		free(found);
	}
	/* libFuzzer begins with the empty input. */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("%u files\n", n_files);
	return n_files > 0 ? 0 : 1;
}
