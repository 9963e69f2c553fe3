namespace Tocsin.Pages;

/// <param name="IsOn">This Tocsin sends mail.</param>
/// <param name="WasAsked">The form was sent; what came of it is not said.</param>
public sealed record ForgotModel(bool IsOn, bool WasAsked);

/// <summary>A form with one new password.</summary>
/// <param name="To">Where it is sent.</param>
/// <param name="Email">Whose it is, for password managers.</param>
/// <param name="Fault">What was wrong with the last try.</param>
public sealed record NewPasswordModel(string To, string Email, string? Fault);

/// <summary>A link that does not work, and what to do instead.</summary>
public sealed record DeadAccountLinkModel(string Title, string Reason);

/// <summary>An invitation as whoever opens it sees it.</summary>
/// <param name="Link">What its address ends in.</param>
/// <param name="By">Who invited, in words.</param>
/// <param name="State">What the reader can do about it.</param>
public sealed record InviteModel(string Link, string Workspace, string Email, string Role, string By, InviteState State, string? Fault);

public enum InviteState
{
    /// <summary>Nobody has the address yet: sets a password.</summary>
    New,

    /// <summary>The address has an account; its owner logs in.</summary>
    Known,

    /// <summary>The address has an account that is let in nowhere: its password brings its owner in.</summary>
    Outside,

    /// <summary>The owner of the address is logged in.</summary>
    Mine,

    /// <summary>Somebody else is logged in.</summary>
    Others,

    /// <summary>Nobody has the address yet, and passwords are off: single sign-on makes the account.</summary>
    SignOnOnly,
}

/// <param name="Faults">By field: email, password; or "" for the whole form.</param>
public sealed record RegisterModel(string Email, IReadOnlyDictionary<string, string> Faults);
