namespace Tocsin.Data;

/// <summary>Migrations of people and workspaces since members can be suspended; <see cref="Schema"/> says when each comes. A released one never changes.</summary>
internal static class IdentityTables
{
    public const string Suspension =
        """
        ALTER TABLE member ADD COLUMN suspended_at BIGINT;
        """;
}
