/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <bsd/string.h>

#include "fuzz.h"
#include "fuzz_entries.h"
#include "fuzz_files.h"

#define ENTRIES 512

/* Pointers to all of store: those to entries that exist first, sorted by path. */
static struct fuzz_entry store[ENTRIES], *entries[ENTRIES];
static size_t n_entries;
/*
 * As strcmp() of a path and another one, with a slash behind it if the caller wants that. strcmp()
 * is slow here: libFuzzer replaces it to learn from its arguments.
 */
static int
compare(const char *a, const char *b, bool slash)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	if (slash && *b == '\0')
		return *a != '/' ? (uint8_t)*a - '/' : a[1] != '\0';
	return (uint8_t)*a - (uint8_t)*b;
}

/* The first entry that is not before a path. */
static size_t
lower(const char *path, bool slash)
{
	size_t low = 0, high = n_entries, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (compare(entries[mid]->path, path, slash) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct fuzz_entry *
fuzz_entry_find(const char *path)
{
	size_t i = lower(path, false);

	return i < n_entries && compare(entries[i]->path, path, false) == 0 ? entries[i] : NULL;
}

/* Everything in a folder follows its path and a slash. */
size_t
fuzz_entry_first(const char *folder)
{
	return lower(folder, true);
}

const struct fuzz_entry *
fuzz_entry_in(const char *folder, size_t i)
{
	const char *path = i < n_entries ? entries[i]->path : "";

	for (; *folder != '\0' && *path == *folder; path++)
		folder++;
	return *folder == '\0' && *path == '/' ? entries[i] : NULL;
}

bool
fuzz_entry_is_folder(const char *path)
{
	return fuzz_entry_in(path, fuzz_entry_first(path)) != NULL;
}

size_t
fuzz_entry_number(const struct fuzz_entry *e)
{
	return (size_t)(e - store);
}

static struct fuzz_entry *
make(const char *path)
{
	char full[FUZZ_NAME_LEN];
	struct fuzz_entry *e;
	size_t i;

	FUZZ_CHECK((size_t)snprintf(full, sizeof(full), FUZZ_ROOT "%s", path) < sizeof(full));
	if (entries[0] == NULL)
		for (i = 0; i < ENTRIES; i++)
			entries[i] = &store[i];
	i = lower(full, false);
	e = entries[i % ENTRIES];
	if (i == n_entries || compare(e->path, full, false) != 0) {
		FUZZ_CHECK(n_entries < ENTRIES);
		e = entries[n_entries];
		memmove(&entries[i + 1], &entries[i], (n_entries++ - i) * sizeof(e));
		entries[i] = e;
		strlcpy(e->path, full, sizeof(e->path));
	}
	e->target[0] = '\0';
	return e;
}

void
fuzz_file(const char *path, const void *data, size_t len)
{
	struct fuzz_entry *e = make(path);

	e->data = data;
	e->len = len;
}

void
fuzz_text(const char *path, const char *text)
{
	fuzz_file(path, text, strlen(text));
}

void
fuzz_link(const char *path, const char *target)
{
	FUZZ_CHECK(target[0] != '\0');
	strlcpy(make(path)->target, target, FUZZ_NAME_LEN);
}

void
fuzz_files_once(void (*make_all)(void))
{
	static bool made;

	if (!made)
		make_all();
	made = true;
}

void
fuzz_remove(const char *path)
{
	struct fuzz_entry *e;
	char full[FUZZ_NAME_LEN];
	size_t i;

	snprintf(full, sizeof(full), FUZZ_ROOT "%s", path);
	i = lower(full, false);
	if (fuzz_entry_find(full) == NULL)
		return;
	e = entries[i];
	memmove(&entries[i], &entries[i + 1], (--n_entries - i) * sizeof(e));
	entries[n_entries] = e;
}

void
fuzz_files_reset(void)
{
	n_entries = 0;
}

static void
place_make(const struct fuzz_place *place, const uint8_t *data, size_t len)
{
	char target[FUZZ_NAME_LEN];

	if (!place->link) {
		fuzz_file(place->path, data, len);
		return;
	}
	snprintf(target, sizeof(target), "%.*s", (int)(len < FUZZ_NAME_LEN ? len : FUZZ_NAME_LEN - 1),
		(const char *)data);
	if (target[0] != '\0')
		fuzz_link(place->path, target);
}

void
fuzz_places_make(struct fuzz_in *in, const struct fuzz_place *places, size_t n)
{
	const uint8_t *data;
	size_t i, len;
	uint8_t key;

	for (i = 0; i < n; i++)
		fuzz_remove(places[i].path);
	while (in->left > 0) {
		key = fuzz_byte(in);
		len = fuzz_until(in, FUZZ_RECORD_END, &data);
		for (i = 0; i < n; i++)
			if (places[i].key == (char)key)
				place_make(&places[i], data, len);
	}
}
