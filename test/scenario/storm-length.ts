/**
 * How long and how large the scenarios of hostile clients are: short in an ordinary run, and as long as
 * SLUICE_STORM_SECONDS says, and five times as large, when it is set.
 */
const given = process.env.SLUICE_STORM_SECONDS;

export const isLong = given !== undefined;
export const stormSeconds = Number(given ?? 10);
