namespace Tocsin.Sdk;

/// <summary>
/// One entry of the audit. Its hash covers all other members: SHA-256 over the netstrings (<c>length:bytes,</c>) of the text <c>tocsin-audit-1</c>
/// and of prev, workspace, seq, at, actor, action, subject, result, address, detail and data, in this order.
/// </summary>
public sealed record AuditRecord
{
    /// <summary>Whose chain; 0 is that of the installation.</summary>
    public required long Workspace { get; init; }

    /// <summary>1 for the first entry of a chain, and one more for each that follows.</summary>
    public required long Seq { get; init; }

    /// <summary>RFC 3339 UTC, always with six digits of a second: the text that was hashed.</summary>
    public required string At { get; init; }

    /// <summary>Who: <c>user:ana</c>, <c>key:ci</c>, <c>ai:…</c>, <c>automation:…</c>, <c>operator</c>, <c>files</c>, <c>system</c>, <c>anonymous</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>What, dotted: <c>incident.acknowledged</c>, <c>login.failed</c>.</summary>
    public required string Action { get; init; }

    /// <summary>To what: <c>incident/7</c>; empty: to nothing in particular.</summary>
    public required string Subject { get; init; }

    /// <summary>ok, refused or failed.</summary>
    public required string Result { get; init; }

    /// <summary>The address that the request came from; empty: it was no request.</summary>
    public required string Address { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Detail { get; init; }

    /// <summary>JSON with more about it, as the text that was hashed; empty: there is nothing more.</summary>
    public required string Data { get; init; }

    /// <summary>The hash of the entry before, 64 hexadecimal digits; zeros for the first.</summary>
    public required string Prev { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string Hash { get; init; }
}

/// <summary>Where a chain ends. Noted elsewhere, it is the anchor that a later look is held against.</summary>
/// <param name="Seq">0: the chain is empty.</param>
/// <param name="Hash">Of the last entry, 64 hexadecimal digits; zeros for an empty chain.</param>
/// <param name="At">When this was so.</param>
public sealed record AuditHead(long Workspace, long Seq, string Hash, DateTimeOffset At);

/// <summary>The last line of an export.</summary>
public sealed record AuditEnd(AuditHead Head);

/// <summary>What a look through a whole chain came to.</summary>
/// <param name="Sound">Nothing was altered, removed, inserted or moved.</param>
/// <param name="Entries">How many were looked at.</param>
/// <param name="First">The oldest that is kept; null: there is none.</param>
/// <param name="Faults">The first 100.</param>
public sealed record AuditState(bool Sound, long Entries, long? First, AuditHead Head, IReadOnlyList<AuditFaultView> Faults);

/// <param name="Seq">The entry where it shows.</param>
/// <param name="Detail">What is wrong, in a sentence.</param>
public sealed record AuditFaultView(long Seq, string Detail);
