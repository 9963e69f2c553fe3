namespace Tocsin.Sdk;

/// <summary>A bearer token, and whose it is.</summary>
/// <param name="AccessToken">43 URL-safe characters; shown once.</param>
/// <param name="TokenType">Always <c>bearer</c>.</param>
public sealed record SessionToken(string AccessToken, string TokenType, AccountUser User);

/// <param name="Id">A UUID that never changes.</param>
/// <param name="CreatedAt">ISO 8601 in UTC, without zone: <c>2031-05-04T10:00:00.123456</c>.</param>
/// <param name="IsActive">False: disabled; it cannot log in.</param>
public sealed record AccountUser(Guid Id, string Email, string CreatedAt, bool IsActive);

/// <param name="Status">Always <c>logged out</c>.</param>
public sealed record LoggedOut(string Status);

/// <summary>An account with what belongs to it, as clients of the reliability assistant show it.</summary>
public sealed record AccountOverview(OverviewUser User, OverviewIntegrations Integrations, OverviewKeys ApiKeys);

/// <param name="CreatedAt">ISO 8601 in UTC, without zone.</param>
public sealed record OverviewUser(Guid Id, string Email, string CreatedAt, bool IsActive, OverviewSubscription Subscription);

/// <summary>There are no tiers here: always <c>free</c> and <c>active</c>, without end.</summary>
public sealed record OverviewSubscription(string Tier, string Status, string? Expires);

public sealed record OverviewIntegrations(OverviewSlack Slack, OverviewConnection Discord, OverviewConnection Jira, OverviewConnection Pagerduty);

/// <param name="Connected">The workspace has a channel or a contact of Slack.</param>
/// <param name="Workspaces">Slack workspaces that an app was installed to.</param>
public sealed record OverviewSlack(bool Connected, IReadOnlyList<string> Workspaces);

public sealed record OverviewConnection(bool Connected);

/// <param name="Count">How many the account has, revoked ones too.</param>
public sealed record OverviewKeys(long Count, int MaxAllowed, IReadOnlyList<OverviewKey> Keys);

/// <param name="KeyPreview">The first characters.</param>
public sealed record OverviewKey(string Name, string KeyPreview, string CreatedAt, string? LastUsed, bool IsActive);

/// <summary>A key of an account, made just now.</summary>
/// <param name="Key"><c>sra_</c> and 32 hexadecimal digits; shown this once.</param>
/// <param name="CreatedAt">ISO 8601 in UTC, without zone.</param>
/// <param name="IsActive">Always true.</param>
public sealed record NewAccountKey(string Key, string Name, string CreatedAt, bool IsActive);

/// <summary>A key of an account.</summary>
/// <param name="Key">Its first twelve characters and three dots.</param>
/// <param name="CreatedAt">ISO 8601 in UTC, without zone.</param>
/// <param name="LastUsed">As <paramref name="CreatedAt"/>, within minutes; null: never.</param>
/// <param name="IsActive">False: it was revoked.</param>
public sealed record AccountKey(string Key, string Name, string CreatedAt, string? LastUsed, bool IsActive);

/// <param name="Status"><c>revoked</c> or <c>deleted</c>.</param>
public sealed record EndedKey(string Status, string Name);

/// <summary>Who asks, as Tocsin sees it.</summary>
/// <param name="Actor">How the log calls who asks: <c>user:ana</c>, <c>key:ci</c>.</param>
/// <param name="Role">In this workspace: viewer, responder, admin or owner; publisher for some keys.</param>
/// <param name="Id">The person's UUID, the same in all workspaces; null for keys.</param>
/// <param name="Name">The person's name in this workspace; null for keys.</param>
/// <param name="Email">Null for keys.</param>
/// <param name="Workspaces">All that the person is a member of, oldest first; for keys the key's own.</param>
/// <param name="Session">What the person is logged in with; null for keys.</param>
public sealed record MeView(
    string Actor, string Role, string Workspace, Guid? Id, string? Name, string? Email, IReadOnlyList<MembershipView> Workspaces, SessionView? Session);

/// <summary>Somebody who belongs to the workspace.</summary>
/// <param name="Id">A UUID that never changes.</param>
/// <param name="Name">As the log and the estate call the person; joins the account with the person of the estate of that name.</param>
/// <param name="Role">viewer, responder, admin or owner.</param>
/// <param name="SeenAt">The last use of a session that looks at this workspace, to within five minutes; null: there is none now.</param>
/// <param name="SecondFactor">Has an authenticator app or a passkey.</param>
/// <param name="SuspendedAt">Since when administrators keep the member out; null: they do not.</param>
public sealed record MemberView(Guid Id, string Name, string Email, string Role, DateTimeOffset JoinedAt, DateTimeOffset? SeenAt, bool SecondFactor, DateTimeOffset? SuspendedAt);

/// <summary>What a workspace asks of its own members.</summary>
/// <param name="SecondFactor">Who must have one: none (as the installation says), admins (and owners), or everybody. The installation may ask for more, never for less.</param>
/// <param name="InviteFrom">Who may invite: admin, or only owner.</param>
public sealed record SignInRulesView(string SecondFactor, string InviteFrom);

/// <param name="Role">viewer, responder, admin or owner; not above the asker's own.</param>
public sealed record MemberRequest(string Role);

/// <param name="Role">As <see cref="MemberRequest"/>.</param>
/// <param name="Name">The name that the new member is to have, such as that of a person of the estate; null: one is found from the address.</param>
public sealed record InvitationRequest(string Email, string Role, string? Name = null);

/// <param name="InvitedBy"><c>user:ana</c>, <c>key:ci</c>.</param>
public sealed record InvitationView(long Id, string Email, string Role, string? Name, string InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <param name="Link">To be opened once, by the invited; never shown again.</param>
/// <param name="Mailed">It is on its way by mail; else hand it over yourself.</param>
public sealed record InvitationMade(InvitationView Invitation, Uri Link, bool Mailed);

/// <param name="Current">The password so far; not looked at where there is none yet.</param>
/// <param name="Password">12 to 256 characters.</param>
public sealed record PasswordRequest(string? Current, string Password);

/// <param name="Current">The one that this request is about.</param>
public sealed record MembershipView(string Workspace, string Role, bool Current);

/// <summary>Something that a person is logged in with.</summary>
/// <param name="Kind"><c>web</c> for a browser, <c>token</c> for a bearer token.</param>
/// <param name="Proof">What was shown: <c>setup</c>, <c>password</c>, <c>passkey</c>, <c>oidc</c>; a second factor is added with <c>+</c>.</param>
/// <param name="Workspace">The one it looks at.</param>
/// <param name="Address">Where it was begun from.</param>
/// <param name="Agent">With which program, as it says itself.</param>
/// <param name="SeenAt">Its last use, to within five minutes.</param>
/// <param name="Current">The one that this request is made with.</param>
public sealed record SessionView(
    long Id, string Kind, string Proof, string Workspace, string Address, string Agent, DateTimeOffset CreatedAt, DateTimeOffset SeenAt, DateTimeOffset ExpiresAt, bool Current);
