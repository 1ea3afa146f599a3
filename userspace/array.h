/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow: the room doubles each time the count is a power of two. */
#ifndef DOMICILE_ARRAY_H
#define DOMICILE_ARRAY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The array with room for one more member, or NULL with @array as it was. */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count & (count - 1) || (array && !count))
		return array;
	return reallocarray(array, count ? count * 2 : 1, size);
}

/*
 * ARRAY_ADD - a pointer to a new, zeroed member of @array, which has @count
 * members; NULL when there is no memory.
 */
#define ARRAY_ADD(array, count) \
	({ \
		void *_room = array_room(array, count, sizeof(*(array))); \
		if (_room) { \
			(array) = _room; \
			memset(&(array)[count], 0, sizeof(*(array))); \
		} \
		_room ? &(array)[(count)++] : NULL; \
	})

#endif /* DOMICILE_ARRAY_H */
