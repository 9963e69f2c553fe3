using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>Makes sure that one server at a time works on an embedded store. The system drops it with the process, however that ends.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private const string FileName = "tocsin.lock";

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <exception cref="StoreUnavailableException">Another server holds the folder, or it cannot be written.</exception>
    public static DataFolderLock Take(string folder)
    {
        try
        {
            return new(new(Path.Combine(Store.MakeFolder(folder).FullName, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"The data folder {Path.GetFullPath(folder)} is in use by another Tocsin, or cannot be written: {e.Message} Stop the other one, or give --data.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
