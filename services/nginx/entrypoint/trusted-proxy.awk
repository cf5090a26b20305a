# Prints the addresses or networks of one entry of TRUSTED_PROXY: an address, a network, a name, `gateway`, or
# `network:NAME`, the network in which this container has the name. A wrong entry prints the reason and exits with 1.

function wrong(reason) {
  print reason
  failed = 1
  exit 1
}

function is_ipv4(text, parts, i) {
  if (split(text, parts, ".") != 4) return 0
  for (i = 1; i <= 4; i++) if (parts[i] !~ /^[0-9]+$/ || parts[i] > 255) return 0
  return 1
}

function number(address, parts) {
  split(address, parts, ".")
  return ((parts[1] * 256 + parts[2]) * 256 + parts[3]) * 256 + parts[4]
}

function dotted(value) {
  return int(value / 16777216) "." int(value / 65536) % 256 "." int(value / 256) % 256 "." value % 256
}

# The kernel writes an address as hexadecimal bytes in reverse order.
function from_kernel(text, i, value) {
  for (i = 7; i >= 1; i -= 2)
    value = value * 256 + 16 * hexadecimal(substr(text, i, 1)) + hexadecimal(substr(text, i + 1, 1))
  return value
}

function hexadecimal(digit) {
  return index("0123456789ABCDEF", toupper(digit)) - 1
}

function resolved(name, command, line, words, found) {
  command = "getent ahosts " name
  while ((command | getline line) > 0) {
    split(line, words, " ")
    if (!(words[1] in seen)) found = found (found ? "\n" : "") words[1]
    seen[words[1]] = 1
  }
  return found
}

# Returns the gateway (of the default route), or the network of this address.
function route(address, line, words, mask, size) {
  while ((getline line < "/proc/net/route") > 0) {
    split(line, words)
    if (words[2] !~ /^[0-9A-Fa-f]+$/) continue
    mask = from_kernel(words[8])
    size = 4294967296 - mask
    if (address == "" && mask == 0) return dotted(from_kernel(words[3]))
    if (address != "" && mask > 0 && number(address) - number(address) % size == from_kernel(words[2]))
      return dotted(from_kernel(words[2])) "/" 32 - int(log(size) / log(2) + 0.5)
  }
  return ""
}

BEGIN {
  if (entry == "gateway") found = route("")
  else if (entry ~ /^network:[A-Za-z0-9._-]+$/) {
    split(resolved(substr(entry, 9)), addresses, "\n")
    if (is_ipv4(addresses[1])) found = route(addresses[1])
    # A container that only checks the settings does not have the name.
    if (!found && ENVIRON["CHECK_ONLY"] == "true") exit 0
  } else if (entry ~ /^[0-9.]+(\/[0-9]+)?$/ || entry ~ /:/) {
    parts_count = split(entry, parts, "/")
    most = entry ~ /:/ ? 128 : 32
    if (most == 32 ? !is_ipv4(parts[1]) : parts[1] !~ /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/)
      wrong("It is no address.")
    if (parts_count > 1 && (parts[2] !~ /^[0-9]+$/ || parts[2] > most)) wrong("The prefix must be 1 to " most ".")
    if (parts_count > 1 && parts[2] == 0) wrong("It would trust every client.")
    found = entry
  } else if (entry ~ /^[A-Za-z0-9._-]+$/) found = resolved(entry)
  else wrong("It is neither an address, a network, a name nor gateway.")
  if (!found) wrong("Its address is not known here.")
  print found
}

END { exit failed }
