/** The patterns of `format`, for whole strings. Each is a part of what the format allows, usually nearly all of it. */

const year = "\\d{4}";
const leapYear = "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const day = "(?:0[1-9]|1\\d|2[0-8])";
const monthAndDay = `(?:(?:0[1-9]|1[0-2])-${day}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)`;
/** RFC 3339, full-date, with the days that each month has. */
const date = `(?:${year}-${monthAndDay}|${leapYear}-02-29)`;
/** RFC 3339, full-time, without leap seconds. */
const time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
/** RFC 1123: labels of up to 63 letters, digits and inner hyphens. */
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const hostname = `${label}(?:\\.${label}){0,3}`;
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}";
const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = `${octet}(?:\\.${octet}){3}`;
const group = "[0-9A-Fa-f]{1,4}";
const lastTwo = `(?:${group}:${group}|${ipv4})`;
/** RFC 4291, section 2.2: eight groups, of which :: replaces one or more. */
const ipv6 = [
  `(?:${group}:){6}${lastTwo}`,
  `::(?:${group}:){0,5}${lastTwo}`,
  ...[1, 2, 3, 4, 5].map((before) => `${group}(?::${group}){${before - 1}}::(?:${group}:){0,${5 - before}}${lastTwo}`),
  `(?:${group}(?::${group}){0,5})?::${group}`,
  `(?:${group}(?::${group}){0,6})?::`,
].join("|");
const encoded = "%[0-9A-Fa-f]{2}";
const inPath = `(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|${encoded})*`;
const inQuery = `(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|${encoded})*`;
/** RFC 3986 with an authority: scheme, host and port; no user. */
const uri = `[A-Za-z][A-Za-z0-9+.-]{0,20}://(?:${hostname}|${ipv4})(?::\\d{1,5})?(?:/${inPath})?(?:\\?${inQuery})?(?:#${inQuery})?`;
/** RFC 3339, appendix A: each unit is followed by the next smaller one or by none. */
const [seconds, days] = ["\\d{1,9}S", "\\d{1,9}D"];
const [minutes, months] = [`\\d{1,9}M(?:${seconds})?`, `\\d{1,9}M(?:${days})?`];
const clock = `T(?:\\d{1,9}H(?:${minutes})?|${minutes}|${seconds})`;
const duration = `P(?:\\d{1,9}W|(?:\\d{1,9}Y(?:${months})?|${months}|${days})(?:${clock})?|${clock})`;

/** By the name of the format. */
export const formats: Readonly<Record<string, string>> = {
  "date-time": `${date}T${time}`,
  date,
  time,
  duration,
  email: `${atom}(?:\\.${atom}){0,3}@${label}(?:\\.${label}){1,3}`,
  hostname,
  ipv4,
  ipv6: `(?:${ipv6})`,
  uri,
  uuid: "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
};
