// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_input.h"
#include "policy_valid.h"
#include "policy_wire_format.h"

void input_fail(struct input *input, int err)
{
	if (!input->err)
		input->err = err;
	input->left = 0;
}

void input_check(struct input *input, bool right)
{
	if (!right)
		input_fail(input, -EBADMSG);
}

void input_get(struct input *input, void *data, size_t size)
{
	if (size > input->left) {
		input_fail(input, -EBADMSG);
		memset(data, 0, size);
		return;
	}
	if (size)
		memcpy(data, input->data, size);
	input->data += size;
	input->left -= size;
}

__u32 input_u32(struct input *input)
{
	__u32 value;

	input_get(input, &value, sizeof(value));
	return value;
}

size_t input_count(struct input *input, size_t min, size_t max, size_t size)
{
	size_t count = input_u32(input);

	input_check(input, count >= min && count <= max && count <= input->left / size);
	return input->err ? 0 : count;
}

void *input_memory(struct input *input, size_t count, size_t size)
{
	void *memory = input->err ? NULL : calloc(count + 1, size);

	if (!memory)
		input_fail(input, -ENOMEM);
	return memory;
}

char *input_text(struct input *input)
{
	size_t size = input_count(input, 0, WIRE_TEXT_MAX, 1);
	char *text = input_memory(input, size, 1);

	if (!text)
		return NULL;
	input_get(input, text, size);
	input_check(input, strlen(text) == size && policy_text_valid(text));
	return text;
}

char *input_name(struct input *input)
{
	char *name = input_text(input);

	input_check(input, name && policy_name_valid(name));
	return name;
}

struct policy_place input_place(struct input *input)
{
	__u32 file = input_u32(input);
	struct policy_place place = {};

	place.line = input_u32(input);
	place.column = input_u32(input);
	input_check(input, file < input->documents->count && place.line && place.column);
	if (!input->err)
		place.file = input->documents->list[file].file;
	return place;
}

__u32 *input_numbers(struct input *input, size_t limit, size_t *ret_count)
{
	size_t count = input_count(input, 0, limit, sizeof(__u32));
	__u32 *numbers = input_memory(input, count, sizeof(*numbers));

	if (!numbers)
		return NULL;
	*ret_count = count;
	input_get(input, numbers, count * sizeof(*numbers));
	for (size_t i = 0; i < count; i++)
		input_check(input, numbers[i] < limit && (!i || numbers[i - 1] < numbers[i]));
	return numbers;
}

bool input_bool(struct input *input)
{
	__u32 value = input_u32(input);

	input_check(input, value <= 1);
	return value == 1;
}
