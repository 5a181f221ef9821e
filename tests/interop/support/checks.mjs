/**
 * Runs each check, prints a line for it, and ends the process: with 0 where all held.
 * @param name    Of the client.
 * @param checks  By name; one that throws did not hold.
 */
export async function hold(name, checks) {
  let failed = 0;
  for (const [title, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok      ${title}`);
    } catch (error) {
      ++failed;
      console.log(`FAILED  ${title}: ${error.stack ?? error}`);
    }
  }
  const all = Object.keys(checks).length;
  console.log(`${name}: ${all - failed} of ${all} held`);
  process.exit(failed === 0 ? 0 : 1);
}
