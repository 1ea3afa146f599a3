/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories that are no source any more: what is made in them gets no label from then on. */
#ifndef DOMICILE_SOURCE_DROP_H
#define DOMICILE_SOURCE_DROP_H

struct enforcement;
struct in_force;

/*
 * Takes the labels of @before's sources off the directories that are none of @now's, and
 * says so. Files keep theirs: nobody knows what was written to them since.
 */
void source_drop(const struct in_force *now, const struct in_force *before,
		 const struct enforcement *enforcement);

/*
 * Takes the labels off that trial_note() has noted in @file, but for directories that a
 * source of @now labels. Returns how many.
 */
unsigned long source_drop_noted(const struct in_force *now, const char *file,
				const struct enforcement *enforcement);

#endif /* DOMICILE_SOURCE_DROP_H */
