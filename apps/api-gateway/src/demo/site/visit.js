const key = "kestrel.visit";

/** What a visit leaves in this browser, so that a reload or a closed laptop does not end it: the cart and the message. */
export function readVisit() {
  try {
    const { lines = [], message = null } = JSON.parse(localStorage.getItem(key)) ?? {};
    return { lines, message };
  } catch {
    // nothing is kept in a private window, and what is no visit of ours is none
    return { lines: [], message: null };
  }
}

export function writeVisit(visit) {
  try {
    localStorage.setItem(key, JSON.stringify(visit));
  } catch {
    // the visit lives as long as the page
  }
}

/** Ends the visit: the next page is another one, with a session of its own. */
export function endVisit() {
  localStorage.removeItem(key);
  localStorage.removeItem("cartway.session");
  location.reload();
}
