using System.Text.Json.Serialization;

namespace Tocsin.Backup;

/// <summary>The first file of a backup: what the rest is.</summary>
/// <param name="Format">1; a reader refuses formats that it does not know.</param>
/// <param name="Tocsin">The version that made it.</param>
/// <param name="Engine">sqlite or postgres; a backup goes back to the engine that it came from.</param>
/// <param name="Schema">The schema of the database in it; an older version refuses it.</param>
internal sealed record BackupManifest(int Format, string Tocsin, string Engine, int Schema, DateTimeOffset MadeAt)
{
    public const int CurrentFormat = 1;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(BackupDone))]
[JsonSerializable(typeof(RestoreDone))]
internal sealed partial class BackupJson : JsonSerializerContext;
