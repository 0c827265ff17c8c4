# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# Completion of bash for dpdk-test-msi. devtools/check-usage.py compares it with the usage texts
# of the tool and with the manual pages.
# shellcheck shell=bash

# Where the kernel shows PCI functions and hugepages.
_dpdk_test_msi_sys=/sys

# Set "options" and "args" for a command. An option is LETTER,NAME or LETTER,NAME=KIND, where KIND
# is that of its value; args is the kind of the other arguments. Kinds are those of
# _dpdk_test_msi_values.
_dpdk_test_msi_table()
{
	local root='r,root=file' limits='p,aperture=none s,page-sizes=none' svg='s,svg=file'
	local megabytes='m,megabytes=none'

	args=none
	case $1 in
	bench) options='' args=benchmark ;;
	'bench layout') options="n,ranges=none P,plot $svg q,quiet j,json" ;;
	'bench map') options="$megabytes p,page=page n,rounds=none P,plot $svg q,quiet j,json" args=bare ;;
	'bench startup') options="$megabytes n,rounds=none P,plot $svg q,quiet j,json" args=bare ;;
	capture) options='q,quiet j,json' args=captured ;;
	doctor) options="u,user=user U,unit=unit t,try $megabytes q,quiet j,json $root $limits" args=given ;;
	explain) options="j,json $root" args=explained ;;
	irq) options="A,all n,rounds=none S,self-test e,endurance=none b,bench c,samples=none P,plot $svg q,quiet j,json" args=device ;;
	layout) options="a,allow=allowed P,plot S,svg=file j,json $root $limits" ;;
	list) options="A,all j,json $root" ;;
	map) options="b,bench $megabytes q,quiet j,json" args=bare ;;
	rxintr) options='n,packets=none q,queues=none L,no-link v,verbose Q,quiet j,json' args=device ;;
	*) return 1 ;;
	esac
	options+=' h,help'
}

# Print the addresses of all PCI functions except bridges, one a line, each after $1.
_dpdk_test_msi_bdfs()
{
	local path class

	for path in "$_dpdk_test_msi_sys"/bus/pci/devices/*; do
		read -r class 2>/dev/null <"$path/class" || continue
		[[ $class == 0x06* ]] || printf '%s\n' "$1${path##*/}"
	done
}

# Print the keys of the bus, or the values of a key, for an argument that ends with one.
_dpdk_test_msi_keys()
{
	local head=${1%,*}, part=${1##*,} key values=''

	if [[ $part != *=* ]]; then
		for key in backend msi iova hole dma_bits vf_token virtio_dma irq_affinity device \
				iommufd group container; do
			printf '%s\n' "$head$key="
		done
		return
	fi
	key=${part%%=*}
	case $key in
	backend) values='auto type1 iommufd spapr noiommu' ;;
	msi) values='auto require off' ;;
	iova) values='auto va assigned' ;;
	virtio_dma) values='auto iommu' ;;
	irq_affinity) values='auto none' ;;
	esac
	for values in $values; do
		printf '%s\n' "$head$key=$values"
	done
}

# Print candidates for a value of kind $1 that begins with $2.
_dpdk_test_msi_values()
{
	local path kib

	case $1 in
	command) printf '%s\n' bench capture doctor explain irq list layout map rxintr --help \
		--version ;;
	benchmark) printf '%s\n' layout map startup ;;
	user) compgen -u ;;
	unit)
		systemctl list-unit-files --no-legend --no-pager --type=service 2>/dev/null |
			while read -r path _; do printf '%s\n' "$path"; done
		;;
	page)
		for path in "$_dpdk_test_msi_sys"/kernel/mm/hugepages/hugepages-*kB; do
			kib=${path##*hugepages-} kib=${kib%kB}
			[[ $kib == *[!0-9]* ]] || if ((kib >= 1048576)); then
				printf '%s\n' "$((kib / 1048576))G"
			else
				printf '%s\n' "$((kib / 1024))M"
			fi
		done
		;;
	bdf) _dpdk_test_msi_bdfs '' ;;
	bare) _dpdk_test_msi_bdfs ''; _dpdk_test_msi_bdfs vfio_msi: ;;
	device)
		if [[ $2 == *,* ]]; then
			_dpdk_test_msi_keys "$2"
		else
			_dpdk_test_msi_values bare
		fi
		;;
	allowed)
		if [[ $2 == *,* ]]; then
			_dpdk_test_msi_keys "$2"
		else
			_dpdk_test_msi_bdfs vfio_msi:
			printf '%s\n' vfio_msi:all
		fi
		;;
	given)
		if [[ $2 == *,* ]]; then
			_dpdk_test_msi_keys "$2"
		else
			_dpdk_test_msi_values bare
			printf '%s\n' vfio_msi:all
		fi
		;;
	captured) compgen -f -- "$2"; _dpdk_test_msi_values bare; printf '%s\n' all ;;
	explained) compgen -f -- "$2"; _dpdk_test_msi_values bdf ;;
	file) compgen -f -- "$2" ;;
	esac
}

# Set "kind" to that of the word after the option $1; fails if that takes no value.
_dpdk_test_msi_takes()
{
	local option

	for option in $options; do
		[[ $option == *=* ]] || continue
		kind=${option#*=} option=${option%=*}
		[[ $1 == "-${option%,*}" || $1 == "--${option#*,}" ]] && return 0
	done
	return 1
}

# Set COMPREPLY to the candidates for $2, of kind $1, with $3 before each.
_dpdk_test_msi_reply()
{
	local word cut=''

	# Readline replaces only what follows the last of these characters.
	[[ $COMP_WORDBREAKS == *:* && $3$2 == *:* ]] && cut=$3$2 && cut=${cut%:*}:
	word=$3$2 word=${word#"$cut"}
	[[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && cut+=${word%=*}=
	while read -r word; do
		[[ $word == "$2"* ]] || continue
		word=$3$word
		COMPREPLY+=("${word#"$cut"}")
	done < <(_dpdk_test_msi_values "$1" "$2")
	# This makes Readline quote colons, which the address of a device has.
	if [[ $1 =~ ^(file|captured|explained)$ && "$2${COMPREPLY[*]}" != *:* ]]; then
		compopt -o filenames 2>/dev/null
	fi
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[:=] ]] || compopt -o nospace 2>/dev/null
}

# Options, each in both forms.
_dpdk_test_msi_options()
{
	local option form

	for option in $options; do
		option=${option%=*}
		for form in "-${option%,*}" "--${option#*,}"; do
			[[ $form == "$1"* ]] && COMPREPLY+=("$form")
		done
	done
}

_dpdk_test_msi()
{
	local line=${COMP_LINE:0:COMP_POINT} words word last cur command options args kind at=2

	# Not COMP_WORDS: in that a colon is a word.
	read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] && words+=('')
	last=$((${#words[@]} - 1)) cur=${words[last]} COMPREPLY=()
	if ((last < 2)); then
		_dpdk_test_msi_reply command "$cur" ''
		return
	fi
	command=${words[1]}
	if ((last > 2)) && [[ $command == bench ]]; then
		command+=" ${words[2]}" at=3
	fi
	_dpdk_test_msi_table "$command" || return
	for word in "${words[@]:at:last-at}"; do
		# EAL's arguments follow.
		[[ $word != -- ]] || options='a,allow=device' args=none
	done
	if ((last > at)) && _dpdk_test_msi_takes "${words[last - 1]}"; then
		_dpdk_test_msi_reply "$kind" "$cur" ''
	elif [[ $cur == --*=* ]]; then
		_dpdk_test_msi_takes "${cur%%=*}" &&
			_dpdk_test_msi_reply "$kind" "${cur#*=}" "${cur%%=*}="
	elif [[ $cur == -* ]]; then
		_dpdk_test_msi_options "$cur"
	else
		_dpdk_test_msi_reply "$args" "$cur" ''
	fi
}

complete -F _dpdk_test_msi dpdk-test-msi
