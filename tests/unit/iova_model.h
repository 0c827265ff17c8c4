/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The oracle: a layout of a tiny space with one entry per address unit. It answers
 * every query by examining all units. The terms are those of iova_layout.h.
 */

#ifndef IOVA_MODEL_H
#define IOVA_MODEL_H

#include "iova/iova_layout.h"

#define MODEL_UNITS 256
#define MODEL_HOLES 24
#define MODEL_OWNERS 8
#define MODEL_GRANTS 24

/** The ranges of one device. An empty owner marks a removed device. */
struct model_grant {
	char owner[IOVA_OWNER_LEN];
	bool allowed[MODEL_UNITS];
};

struct iova_model {
	uint64_t base;			/**< address of unit 0 */
	unsigned int shift;		/**< a unit is 1 << shift addresses */
	bool space[MODEL_UNITS];	/**< allowed with no devices */
	bool allowed[MODEL_UNITS];
	struct model_grant grants[MODEL_GRANTS];
	unsigned int n_grants;
	int owner[MODEL_UNITS];		/**< first unit of the used range here, or -1 */
	struct iova_used used[MODEL_UNITS];
	char what[MODEL_UNITS][IOVA_OWNER_LEN];	/**< of the used range that begins here */
	struct iova_hole holes[MODEL_HOLES];	/**< .owner is the first owner */
	char owners[MODEL_HOLES][MODEL_OWNERS][IOVA_OWNER_LEN];
	unsigned int n_owners[MODEL_HOLES];
	unsigned int n_holes;
};

/** Allow the units [first, last]. Addresses outside the model are never allowed. */
void model_reset(struct iova_model *m, uint64_t base, unsigned int shift,
		unsigned int first, unsigned int last);

uint64_t model_address(const struct iova_model *m, unsigned int unit);
struct iova_range model_range(const struct iova_model *m, unsigned int first, unsigned int last);
bool model_unit_free(const struct iova_model *m, unsigned int unit);

/* Valid ranges must consist of whole units of the model. */
int model_allow(struct iova_model *m, const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_conflict *why);
int model_add_hole(struct iova_model *m, const struct iova_hole *hole,
		struct iova_conflict *why);
void model_forget(struct iova_model *m, const char *owner);
int model_place(struct iova_model *m, uint64_t span, uint64_t align, uint64_t limit,
		const char *what, struct iova_range *out);
int model_place_at(struct iova_model *m, struct iova_range range, const char *what,
		struct iova_conflict *why);
int model_test(const struct iova_model *m, struct iova_range range, bool soft_too,
		struct iova_conflict *why);
int model_release(struct iova_model *m, struct iova_range range);
const struct iova_used *model_lookup(const struct iova_model *m, uint64_t iova);
const struct iova_hole *model_hole_in(const struct iova_model *m, struct iova_range range);

/* Comparison, in iova_model_compare.c. @return the name of the difference, or NULL. */
bool model_same_range(struct iova_range a, struct iova_range b);
bool model_same_hole(const struct iova_hole *a, const struct iova_hole *b);
const char *model_conflict_differs(const struct iova_conflict *got,
		const struct iova_conflict *want);
const char *model_sets_differ(const struct iova_model *m, const struct iova_layout *layout);

/* Random numbers, in iova_model_random.c. Who has other ones defines model_random(). */
void model_random_seed(uint64_t seed);
uint64_t model_random(uint64_t below);

/* Inputs by these numbers, in iova_model_draw.c. */
struct iova_range model_draw_range(const struct iova_model *m, unsigned int longest);
struct iova_range model_draw_used(const struct iova_model *m);
uint64_t model_draw_align(const struct iova_model *m);
uint64_t model_draw_limit(const struct iova_model *m);
void model_draw_name(char *name, size_t size, const char *prefix);

#endif /* IOVA_MODEL_H */
