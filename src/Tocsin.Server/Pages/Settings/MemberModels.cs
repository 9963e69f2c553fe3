namespace Tocsin.Pages;

public sealed record MembersModel
{
    public required IReadOnlyList<MemberLine> Members { get; init; }

    /// <summary>Empty for those who may not invite.</summary>
    public IReadOnlyList<InvitationLine> Invitations { get; init; } = [];

    /// <summary>Where only owners invite, others do not.</summary>
    public bool MayInvite { get; init; } = true;

    /// <summary>The roles that the reader may give, least first.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>People of the configuration who have no account here yet, for whom one can be made.</summary>
    public IReadOnlyList<string> Unclaimed { get; init; } = [];

    /// <summary>This Tocsin sends mail.</summary>
    public bool Mails { get; init; }

    /// <summary>A link that was made just now, and is not shown again.</summary>
    public FreshLink? Link { get; init; }
}

/// <summary>One member, for those who administer the workspace.</summary>
/// <param name="Sessions">Those that look at this workspace.</param>
/// <param name="OnCall">Schedules in which the member is on call in the next four weeks.</param>
public sealed record MemberModel(MemberLine Member, IReadOnlyList<SessionLine> Sessions, IReadOnlyList<string> OnCall)
{
    public string Path => $"/members/{Member.Id}";

    /// <summary>May be changed, and is not the reader himself, who does all that on his own page.</summary>
    public bool MayAct => Member is { MayChange: true, IsMe: false };
}

/// <param name="Id">The person's UUID.</param>
/// <param name="MayChange">The reader may change this member.</param>
/// <param name="IsPaged">A person of the configuration has that name.</param>
public sealed record MemberLine(
    string Id, string Name, string Email, string Role, DateTimeOffset JoinedAt, DateTimeOffset? SeenAt, bool SecondFactor, bool MayChange, bool IsMe, bool IsPaged)
{
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>The operator has the whole account disabled.</summary>
    public bool IsDisabled { get; init; }
}

public sealed record InvitationLine(long Id, string Email, string Role, string By, DateTimeOffset ExpiresAt);

/// <param name="What">What to do with it.</param>
public sealed record FreshLink(string What, string Url);

/// <summary>What somebody's account is protected by, on his own page.</summary>
public sealed record SecurityModel
{
    public required string Email { get; init; }

    public bool HasPassword { get; init; }

    public required IReadOnlyList<SessionLine> Sessions { get; init; }

    /// <summary>Names of all workspaces that he is a member of, with his role.</summary>
    public IReadOnlyList<(string Workspace, string Role)> Workspaces { get; init; } = [];
}

public sealed record SessionLine(long Id, string Kind, string Proof, string Workspace, string Address, string Agent, DateTimeOffset CreatedAt, DateTimeOffset SeenAt, bool Current)
{
    internal static SessionLine Of(Sdk.SessionView session) => new(
        session.Id, session.Kind, session.Proof, session.Workspace, session.Address, session.Agent, session.CreatedAt, session.SeenAt, session.Current);
}
