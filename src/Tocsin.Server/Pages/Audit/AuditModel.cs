using Tocsin.Audit;

namespace Tocsin.Pages;

/// <summary>One page of the audit.</summary>
public sealed record AuditModel
{
    public const int Lines = 50;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<AuditLink> Items { get; init; } = [];

    public AuditForm Form { get; init; } = new();

    /// <summary>What is wrong with the filter.</summary>
    public string? Fault { get; init; }

    /// <summary>Where the chain ends; null: it is empty.</summary>
    public AuditLink? Head { get; init; }

    /// <summary>Where the older entries are; null: there are none.</summary>
    public string? Older { get; init; }

    /// <summary>The reader may see the installation's chain too.</summary>
    public bool HasInstallation { get; init; }
}

/// <summary>The filter as it was typed. Days are those of the reader's wall clock.</summary>
/// <param name="Chain">workspace or installation.</param>
public sealed record AuditForm(
    string Q = "", string Actor = "", string Action = "", string Result = "", string Address = "", string Since = "", string Until = "", string Chain = "workspace")
{
    public bool IsEmpty => Q.Length + Actor.Length + Action.Length + Result.Length + Address.Length + Since.Length + Until.Length == 0;

    public bool IsOfInstallation => Chain != "workspace";
}
