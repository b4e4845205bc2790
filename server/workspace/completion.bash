# As much of the bash-completion package as kubectl's own completion calls, for machines that do not have it.

# The words of the line, with those put together again that bash had broken at "=" and ":".
# Call: _get_comp_words_by_ref -n =: cur prev words cword
_get_comp_words_by_ref() {
  local __joins= __rest=${COMP_LINE:0:COMP_POINT} __index=-1 __at __word __gap
  local -a __words=()
  [[ $1 == -n ]] && { __joins=$2; shift 2; }
  for ((__at = 0; __at <= COMP_CWORD; __at++)); do
    __word=${COMP_WORDS[__at]}
    __gap=${__rest%%[![:space:]]*}
    __rest=${__rest#"$__gap"}
    # The word under the cursor ends at the cursor.
    ((__at == COMP_CWORD)) && __word=$__rest
    if [[ -z $__gap && $__at -gt 0 && -n $__joins ]] &&
      [[ $__word == ["$__joins"]* || ${__words[__index]} == *["$__joins"] ]]; then
      __words[__index]+=$__word
    else
      __words[++__index]=$__word
    fi
    __rest=${__rest#"$__word"}
  done
  local __name
  for __name; do
    case $__name in
      cur) cur=${__words[__index]} ;;
      prev) ((__index > 0)) && prev=${__words[__index - 1]} || prev= ;;
      words) words=("${__words[@]}") ;;
      cword) cword=$__index ;;
    esac
  done
}

# Files, or with -d directories; other arguments are extensions and are not looked at.
_filedir() {
  local kind=-f
  [[ $1 == -d ]] && kind=-d
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen "$kind" -- "$cur")
}
