using System.Runtime.InteropServices;

namespace Tocsin.Data;

/// <summary>
/// The calls of SQLite that a row costs, without the handle counting and copying of the general binding. They reach the library that
/// <see cref="SqliteLibrary"/> chose.
/// </summary>
internal static partial class SqliteNative
{
    /// <summary>What SQLite is given in place of a destructor: the bytes stay where they are until the statement is bound again.</summary>
    public const nint Static = 0;

    /// <summary>SQLite takes a copy.</summary>
    public const nint Copied = -1;

    private const string Library = "e_sqlite3";

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int BindInt64(nint statement, int position, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_double")]
    [SuppressGCTransition]
    public static partial int BindDouble(nint statement, int position, double value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int position);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [SuppressGCTransition]
    public static partial int BindText(nint statement, int position, ref byte utf8, int bytes, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    public static partial int BindBlob(nint statement, int position, ref byte bytes, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_changes")]
    [SuppressGCTransition]
    public static partial int Changes(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_total_changes")]
    [SuppressGCTransition]
    public static partial int TotalChanges(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    public static partial int Reset(nint statement);
}
