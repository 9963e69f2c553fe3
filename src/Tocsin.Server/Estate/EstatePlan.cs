using System.Text;

namespace Tocsin.Estate;

internal enum EstateAction
{
    Create,
    Update,
    Delete,

    /// <summary>The content stays; where it comes from may have moved.</summary>
    Keep,
}

/// <param name="Before">Shown form, secrets masked; null: it was not there.</param>
/// <param name="After">Shown form, secrets masked; null: it will not be there.</param>
internal sealed record EstateEdit(string Path, string? Before, string? After)
{
    public override string ToString() => (Before, After) switch
    {
        (null, _) => $"{Path}: added {After}",
        (_, null) => $"{Path}: removed {Before}",
        _ => Before == After ? $"{Path}: changed" : $"{Path}: {Before} -> {After}",
    };
}

/// <summary>What happens to one object.</summary>
/// <param name="Before">As stored; null when it is created.</param>
/// <param name="After">As it is to be stored; null when it is deleted.</param>
/// <param name="Edits">What differs, for an update.</param>
internal sealed record EstateChange(EstateAction Action, EstateObject? Before, EstateObject? After, IReadOnlyList<EstateEdit> Edits)
{
    public EstateObject Object => After ?? Before!;

    /// <summary>What it means for people, where that can be said in a sentence: who is on call instead of whom. Null: it cannot.</summary>
    public string? Says { get; init; }
}

/// <summary>The way from what is stored to what is wanted, one workspace.</summary>
/// <param name="Changes">Every object once, in the order of kinds and names.</param>
internal sealed record EstatePlan(string Workspace, IReadOnlyList<EstateChange> Changes)
{
    /// <summary>Nothing would be different for anybody.</summary>
    public bool IsEmpty => Changes.All(c => c.Action == EstateAction.Keep);

    /// <summary>For people: a line for each object that changes, with its edits below; secrets masked. Ends with a line end.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        foreach (var change in Changes.Where(c => c.Action != EstateAction.Keep))
        {
            var sign = change.Action switch { EstateAction.Create => '+', EstateAction.Delete => '-', _ => '~' };
            text.Append(sign).Append(' ').Append(change.Object.Key);
            if (change.Object.Origin is { } origin)
            {
                text.Append("  (").Append(origin).Append(')');
            }

            text.Append('\n');
            foreach (var edit in change.Edits)
            {
                text.Append("    ").Append(edit).Append('\n');
            }

            if (change.Says is { } says)
            {
                text.Append("    ").Append(says).Append('\n');
            }
        }

        return text
            .Append("workspace ").Append(Workspace).Append(": ")
            .Append(Count(EstateAction.Create)).Append(" to create, ")
            .Append(Count(EstateAction.Update)).Append(" to update, ")
            .Append(Count(EstateAction.Delete)).Append(" to delete, ")
            .Append(Count(EstateAction.Keep)).Append(" unchanged\n")
            .ToString();
    }

    private int Count(EstateAction action) => Changes.Count(c => c.Action == action);
}
