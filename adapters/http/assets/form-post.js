// OAuth 2.0 Form Post Response Mode §2: the response goes to the client without a press.
// (A field may be called `submit`, so the method is taken from where it is defined.)
HTMLFormElement.prototype.submit.call(document.forms[0]);
