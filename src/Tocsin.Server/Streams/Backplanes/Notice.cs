using System.Globalization;

namespace Tocsin.Streams.Backplanes;

/// <summary>What one node tells the others: <c>node;1,7;j;42</c>. Never data: who hears it looks at the store.</summary>
/// <param name="Node">Who says it.</param>
/// <param name="Workspaces">Whose logs have grown; null: any may have.</param>
/// <param name="JobsDue">Whether jobs are due that the node does not work itself.</param>
/// <param name="Beat">Not 0: a sign of life that the node itself waits to hear.</param>
internal sealed record Notice(string Node, IReadOnlyCollection<long>? Workspaces, bool JobsDue = false, long Beat = 0)
{
    /// <summary>More are said as "any": a text of PostgreSQL's holds 8000 bytes.</summary>
    public const int MostWorkspaces = 300;

    private const string Any = "*";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Node};{(Workspaces is { Count: <= MostWorkspaces } few ? string.Join(',', few) : Any)};{(JobsDue ? "j" : "")};{Beat}");

    /// <returns>Null for what is no notice: others may speak on the channel.</returns>
    public static Notice? Parse(string text)
    {
        if (text.Split(';') is not [{ Length: > 0 } node, var workspaces, "" or "j", var beat] parts
            || !long.TryParse(beat, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        if (workspaces == Any)
        {
            return new(node, null, parts[2] == "j", number);
        }

        List<long> ids = [];
        foreach (var id in workspaces.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var workspace))
            {
                return null;
            }

            ids.Add(workspace);
        }

        return new(node, ids, parts[2] == "j", number);
    }
}
