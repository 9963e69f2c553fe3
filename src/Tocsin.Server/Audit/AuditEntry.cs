namespace Tocsin.Audit;

/// <summary>Something that is worth a place in the audit. Never a secret, nor what somebody typed where a secret belongs.</summary>
/// <param name="Actor">Who: <c>user:ana</c>, <c>key:ci</c>, <c>ai:…</c>, <c>automation:…</c>, <c>system</c>, <c>anonymous</c>.</param>
/// <param name="Action">What, dotted: <c>login.succeeded</c>, <c>key.revoked</c>.</param>
/// <param name="Subject">To what: <c>key/12</c>, <c>member/ana</c>, <c>incident/7</c>; empty: to nothing in particular.</param>
/// <param name="Detail">A sentence for people. Cut at 1000 characters.</param>
internal sealed record AuditEntry(string Actor, string Action, string Subject, string Detail)
{
    public const string Nobody = "anonymous";

    /// <summary>One of <see cref="AuditResult"/>.</summary>
    public string Result { get; init; } = AuditResult.Ok;

    /// <summary>JSON with more about it, for programs; null: nothing more.</summary>
    public string? Data { get; init; }

    /// <summary>From where; null: the address of the request that is being answered.</summary>
    public string? Address { get; init; }

    /// <summary>What somebody typed as a name, for <see cref="Subject"/>. Only what looks like an address is kept: passwords are typed there too.</summary>
    public static string LoginName(string typed) =>
        typed.Trim() is { Length: <= 254 } name && name.IndexOf('@', StringComparison.Ordinal) > 0 && !name.Contains(' ', StringComparison.Ordinal)
            ? $"login/{name.ToLowerInvariant()}"
            : "login/(not an address)";
}

/// <summary>How it ended.</summary>
internal static class AuditResult
{
    public const string Ok = "ok";

    /// <summary>Not allowed, or not possible as asked.</summary>
    public const string Refused = "refused";

    /// <summary>Allowed and tried, and it did not work.</summary>
    public const string Failed = "failed";
}
