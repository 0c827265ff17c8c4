# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced: print facts, each as a line of JSON. devtools/labkit/facts.py reads them.
# A script reports facts, and its test checks them.

# fact NAME VALUE: print a number as a number, other values as a string
fact()
{
	case $2 in
	'' | *[!0-9-]* | ?*-* | -) printf '%s' "$2" | fact_text "$1" ;;
	-0* | 0?*) printf '%s' "$2" | fact_text "$1" ;;
	*) printf '{"fact": "%s", "value": %s}\n' "$1" "$2" ;;
	esac
}

# fact_text NAME: print the standard input as one string, without its last newline
fact_text()
{
	printf '{"fact": "%s", "value": "' "$1"
	tr -d '\000' | LC_ALL=C awk '
		# Implementations of gsub() treat a backslash differently.
		function replaced(line, what, with,  n, part, i, out) {
			n = split(line, part, what)
			out = part[1]
			for (i = 2; i <= n; i++)
				out = out with part[i]
			return out
		}
		function escaped(line,  i) {
			if (index(line, "\\"))
				line = replaced(line, "[\\\\]", "\\\\")
			if (index(line, "\""))
				line = replaced(line, "\"", "\\\"")
			for (i = 1; i < 32 && line ~ /[\001-\037]/; i++)
				if (i != 10 && index(line, control[i]))
					line = replaced(line, "[" control[i] "]", sprintf("\\u%04x", i))
			return line
		}
		BEGIN { for (i = 1; i < 32; i++) control[i] = sprintf("%c", i) }
		NR > 1 { printf "\\n" }
		{ printf "%s", escaped($0) }'
	printf '"}\n'
}

# fact_if NAME COMMAND...: print true if the command succeeds, else false
fact_if()
{
	fact_name=$1
	shift
	if "$@" >/dev/null; then
		printf '{"fact": "%s", "value": true}\n' "$fact_name"
	else
		printf '{"fact": "%s", "value": false}\n' "$fact_name"
	fi
}

# fact_status NAME COMMAND...: print the output as NAME, the exit status as NAME_status. COMMAND may be
# a script that uses it too
fact_status()
{
	fact_name=$1
	shift
	"$@" >/tmp/fact_output.$$ 2>&1
	fact "${fact_name}_status" $?
	fact_text "$fact_name" </tmp/fact_output.$$
}

# facts_of PREFIX COMMAND...: print the facts of the command, with PREFIX before their
# names; return its exit status
facts_of()
{
	fact_prefix=$1
	shift
	{
		"$@"
		echo $? >/tmp/facts_status.$$
	} | sed "s/^{\"fact\": \"/&$fact_prefix/"
	return "$(cat /tmp/facts_status.$$)"
}
